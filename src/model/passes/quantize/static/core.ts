import { isOutput } from "../../../graph/edit.ts";
import type { Node, Value } from "../../../graph/graph.ts";
import { elementCount } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Rewrite } from "../../simplify/rewrite.ts";
import { refersToCaller } from "../../simplify/rewrite.ts";
import { MAX_ROW, productOf, type Reason } from "../products.ts";

/** A convolution or a product with constant weights, which is to be computed with whole numbers. */
export interface Core {
  readonly node: Node;
  readonly weight: Value & { constant: LazyTensor };
  /** Elements that lie together, and whether those are what one channel has, or one element of each channel. */
  readonly length: number;
  readonly areRows: boolean;
  /** Channels of what comes out. */
  readonly channels: number;
  /** The axis of the weights along which they lie. */
  readonly axis: number;
  /** Where the bias is read: by the node, or by the Add behind it; null where there is none. */
  readonly bias: { readonly node: Node; readonly index: number } | null;
  /** What is computed at last: the node's output, or the Add's. */
  readonly output: Value;
}

/** The convolution or product that a node is; why it stays float32; null where it is none of which that could be asked. */
export function coreOf(node: Node, rewrite: Rewrite): Core | Reason | null {
  if (node.op === "Conv") return convolutionOf(node, rewrite);
  if (node.op === "MatMul" || node.op === "Gemm") return factorsOf(node, rewrite);
  return null;
}

const IS_COMPUTED = "its weights are computed";

function convolutionOf(node: Node, rewrite: Rewrite): Core | Reason {
  const [x, weight, bias] = node.inputs;
  const [output] = node.outputs;
  if (!x || !weight || !output) return "an input is missing";
  if (refersToCaller(node)) return "its attributes are given where its function is called";
  if (!weight.constant) return IS_COMPUTED;
  if (!rewrite.isConstant(weight)) return "a caller may replace its weights";
  if (isOutput(weight)) return "its weights are an output of the model";
  const { shape, dtype } = weight.constant;
  if (dtype !== "float32") return `its weights are of ${dtype}`;
  const channels = shape[0] ?? 0;
  const count = elementCount(shape, weight.name);
  if (shape.length < 3 || count === 0) return "its weights have no elements";
  const length = count / channels;
  if (length > MAX_ROW) return "the rows of its weights are too long to be held in memory";
  if (bias && !isBias(bias, channels, rewrite)) return "its bias is computed";
  const base = { node, weight, length, areRows: true, channels, axis: 0, output };
  return { ...base, bias: bias ? { node, index: 2 } : null };
}

function factorsOf(node: Node, rewrite: Rewrite): Core | Reason | null {
  const found = productOf(node, rewrite, 1);
  const output = node.outputs[0] as Value;
  if (typeof found === "string") return node.inputs[1]?.constant ? found : null;
  const { weight, matrix } = found;
  const { k, n, isTransposed } = matrix;
  const rank = weight.constant.shape.length;
  if (rank > 2) return "its weights are a stack of one matrix";
  const base = {
    node,
    weight,
    length: isTransposed ? k : n,
    areRows: isTransposed,
    channels: n,
    axis: isTransposed ? 0 : 1,
  };
  const sum = node.inputs[2];
  if (sum) {
    if (!isBias(sum, n, rewrite, 2)) return "what is added is no bias";
    return { ...base, bias: { node, index: 2 }, output };
  }
  // The runtime makes one of a product and a sum, and that of whole numbers only where the bias is one.
  const next = rewrite.onlyReader(output);
  if (node.op === "MatMul" && next?.op === "Add" && next.domain === "") {
    const index = next.inputs[0] === output ? 1 : 0;
    const added = next.inputs[index];
    const sumOutput = next.outputs[0];
    if (added && added !== output && sumOutput && isBias(added, n, rewrite, rewrite.shapeOf(output)?.length))
      return { ...base, bias: { node: next, index }, output: sumOutput };
  }
  return { ...base, bias: null, output };
}

/**
 * A constant of one number for each channel, which no caller may replace.
 * @param rank up to which axes of length 1 before the channels say nothing
 */
function isBias(value: Value, channels: number, rewrite: Rewrite, rank = 1): boolean {
  if (!rewrite.isConstant(value) || value.constant.dtype !== "float32") return false;
  const { shape } = value.constant;
  const isFlat = shape.length > 0 && shape.slice(0, -1).every((dim) => dim === 1);
  return isFlat && shape.length <= rank && shape.at(-1) === channels;
}
