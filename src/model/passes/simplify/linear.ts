import { attribute, floatOf, intOf } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { constantTensor } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { channelsOf, type RunFactors, scaledTensor } from "./derived.ts";
import type { Rewrite } from "./rewrite.ts";

/** What follows an operator that is linear in its weights: y · scale + shift, one of each a channel. */
export interface Affine {
  /** null: all 1. */
  readonly scale: Float64Array | null;
  /** Whether y is divided by the scale in place of multiplied. */
  readonly divide?: boolean;
  /** null: all 0. */
  readonly shift: Float64Array | null;
}

/** A Conv, ConvTranspose, Gemm or MatMul whose weights are constants of its own. */
export interface Linear {
  readonly node: Node;
  readonly channels: number;
  /** Which axis of the output the channels are, and how many there are; null where the rank is unknown. */
  readonly axis: number;
  readonly rank: number;
  /** Where its inputs hold the weights and the bias; -1 where it has no bias. */
  readonly weight: number;
  readonly bias: number;
  factors(scale: Float64Array): Omit<RunFactors, "factors">;
}

/** Before, Gemm's C was stretched only where an attribute said so. */
const FIRST_OPSET = 7;

const product = (dims: readonly number[]) => dims.reduce((result, dim) => result * dim, 1);

/** null for a node of another kind, or one whose weights are computed, of a type that is not folded, or missing. */
export function linearOf(rewrite: Rewrite, node: Node | null): Linear | null {
  const describe = node?.domain === "" ? KINDS.get(node.op) : undefined;
  const weight = node?.inputs[1];
  if (!node || !describe || !rewrite.isConstant(weight) || rewrite.opset(node.graph) < FIRST_OPSET)
    return null;
  const { dtype, shape } = weight.constant;
  if ((dtype !== "float32" && dtype !== "float64") || shape.length < 2 || node.outputs.length !== 1)
    return null;
  return describe(rewrite, node, shape);
}

type Describe = (rewrite: Rewrite, node: Node, shape: readonly number[]) => Linear | null;

const conv: Describe = (_, node, shape) => ({
  node,
  channels: shape[0] as number,
  axis: 1,
  rank: shape.length,
  weight: 1,
  bias: 2,
  factors: () => ({ length: product(shape.slice(1)), indexOf: (run) => run }),
});

/** Weights are [in, out / group, …]: the rows of a group hold the channels of that group. */
const convTranspose: Describe = (_, node, shape) => {
  const group = intOf(node, "group", 1);
  const [rows = 0, columns = 0] = shape;
  if (group < 1 || rows % group !== 0) return null;
  const perGroup = rows / group;
  return {
    node,
    channels: columns * group,
    axis: 1,
    rank: shape.length,
    weight: 1,
    bias: 2,
    factors: () => ({
      length: product(shape.slice(2)),
      indexOf: (run) => Math.floor(Math.floor(run / columns) / perGroup) * columns + (run % columns),
    }),
  };
};

const gemm: Describe = (_, node, shape) => {
  if (shape.length !== 2 || (node.inputs[2] && floatOf(node, "beta", 1) !== 1)) return null;
  const [rows = 0, columns = 0] = shape;
  const transposed = intOf(node, "transB", 0) !== 0;
  return {
    node,
    channels: transposed ? rows : columns,
    axis: 1,
    rank: 2,
    weight: 1,
    bias: 2,
    factors: () =>
      transposed
        ? { length: columns, indexOf: (run) => run }
        : { length: 1, indexOf: (run) => run % columns },
  };
};

const matMul: Describe = (rewrite, node, shape) => {
  const rank = rewrite.shapeOf(node.inputs[0])?.length;
  const columns = shape[1] as number;
  if (shape.length !== 2 || rank === undefined || rank < 2) return null;
  return {
    node,
    channels: columns,
    axis: rank - 1,
    rank,
    weight: 1,
    bias: -1,
    factors: () => ({ length: 1, indexOf: (run) => run % columns }),
  };
};

const KINDS: ReadonlyMap<string, Describe> = new Map([
  ["Conv", conv],
  ["ConvTranspose", convTranspose],
  ["Gemm", gemm],
  ["MatMul", matMul],
]);

/**
 * Folds what follows a linear operator into its weights and its bias.
 * @returns false, and nothing is changed, where it cannot be done
 */
export async function fold(rewrite: Rewrite, linear: Linear, affine: Affine, what: string): Promise<boolean> {
  const { node, channels } = linear;
  const { scale, shift, divide = false } = affine;
  const weight = node.inputs[linear.weight] as Value & { constant: LazyTensor };
  if (!scale?.every(Number.isFinite) && scale !== null) return false;
  // Others read the same weights: a copy would make the file larger.
  if (scale && weight.uses.length > 1) return false;
  const before = linear.bias < 0 ? null : (node.inputs[linear.bias] ?? null);
  if (linear.bias < 0 && shift) return false;
  const bias = before ? await biasOf(rewrite, before, channels) : new Float64Array(channels);
  if (!bias) return false;
  const { dtype } = weight.constant;
  const hint = node.outputs[0]?.name ?? "";
  if (scale) {
    const by = { ...linear.factors(scale), factors: scale, divide };
    rewrite.setInput(
      node,
      linear.weight,
      rewrite.constant(
        node.graph,
        weight.name,
        scaledTensor(weight.constant, by, `${what} folded into ${weight.name}`),
      ),
    );
  }
  if (shift || (scale && before)) {
    const sum = bias.map((each, channel) => {
      const factor = scale?.[channel] ?? 1;
      return (divide ? each / factor : each * factor) + (shift?.[channel] ?? 0);
    });
    const data = dtype === "float64" ? sum : Float32Array.from(sum);
    const tensor = constantTensor({ dtype, shape: [channels], data }, `${what} folded into a bias`);
    rewrite.setInput(node, linear.bias, rewrite.constant(node.graph, before?.name ?? `${hint}_bias`, tensor));
    if (node.op === "Gemm") rewrite.setAttribute(node, "beta", attribute.float(1));
  }
  return true;
}

/** The bias of a linear operator by channel; null where it is computed, or is something else (Gemm's C may be a matrix). */
async function biasOf(rewrite: Rewrite, value: Value, channels: number): Promise<Float64Array | null> {
  if (!rewrite.isConstant(value)) return null;
  const { shape } = value.constant;
  const isRow = shape.length <= 2 && (shape.length < 2 || shape[0] === 1);
  const elements = isRow ? await channelsOf(value.constant, rewrite.context.signal) : null;
  if (elements?.length === channels) return elements;
  return elements?.length === 1 ? new Float64Array(channels).fill(elements[0] as number) : null;
}
