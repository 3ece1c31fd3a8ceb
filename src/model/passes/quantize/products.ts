import { floatOf, intOf, isOutput } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { type Rewrite, refersToCaller } from "../simplify/rewrite.ts";
import type { Matrix } from "./packed.ts";

/** A product of matrices, the second of which is a constant of the model. */
export interface Product {
  readonly node: Node;
  readonly weight: Value & { constant: LazyTensor };
  readonly matrix: Matrix;
}

/** Under this, 16 kB of float32, a matrix is left alone: what it saves is less than what new nodes and scales cost. */
export const MIN_ELEMENTS = 4_096;

/**
 * A block of each column is worked on at once, as many rows as a block has elements; two of them are in memory, one being
 * read. The largest vocabularies have some 260,000 entries.
 */
const MAX_COLUMNS = 300_000;
/** The same of a matrix whose rows are the columns: one row at least. */
export const MAX_ROW = 4_000_000;

/** Since then, Gemm's C is broadcast by shape alone. */
const GEMM_OPSET = 7;

/** Reads "left as it is, since …". */
export type Reason = string;

export const COMPUTED = "both factors are computed";

/**
 * The product that a MatMul or Gemm is, or why it is none that could be quantised.
 * @param least elements that its weights have
 */
export function productOf(node: Node, rewrite: Rewrite, least = MIN_ELEMENTS): Product | Reason {
  const [a, weight] = node.inputs;
  if (!a || !weight || node.outputs.length !== 1) return "an input is missing";
  if (!weight.constant) return COMPUTED;
  if (!rewrite.isConstant(weight)) return "a caller may replace its weights";
  if (isOutput(weight)) return "its weights are an output of the model";
  const { shape, dtype } = weight.constant;
  if (dtype !== "float32") return `its weights are of ${dtype}`;
  const given = rewrite.dtypeOf(a);
  if (given !== null && given !== dtype) return `what is multiplied is of ${given}`;
  const isGemm = node.op === "Gemm";
  if (isGemm) {
    const reason = gemmReason(node, rewrite);
    if (reason !== null) return reason;
  }
  if (shape.length < 2) return "its weights are no matrix";
  if (shape.slice(0, -2).some((dim) => dim !== 1)) return "its weights are a stack of matrices";
  // A matrix under more axes gives those to the product, unless that has them anyway.
  const rank = rewrite.shapeOf(a)?.length ?? 0;
  if (shape.length > 2 && rank < shape.length) return "its weights are a stack of one matrix";
  const [rows, columns] = shape.slice(-2) as [number, number];
  const isTransposed = isGemm && intOf(node, "transB", 0) !== 0;
  const [k, n] = isTransposed ? [columns, rows] : [rows, columns];
  if (k * n < least) return `its weights have fewer than ${least} elements`;
  if (isTransposed ? k > MAX_ROW : n > MAX_COLUMNS)
    return "the rows of its weights are too long to be held in memory";
  return {
    node,
    weight,
    matrix: { content: weight.constant, k, n, isTransposed },
  };
}

function gemmReason(node: Node, rewrite: Rewrite): Reason | null {
  if (refersToCaller(node)) return "its attributes are given where its function is called";
  if (rewrite.opset(node.graph) < GEMM_OPSET) return "it is a Gemm from before opset 7";
  if (floatOf(node, "alpha", 1) !== 1) return "its product is scaled (alpha)";
  if (node.inputs[2] && floatOf(node, "beta", 1) !== 1) return "its sum is scaled (beta)";
  if (intOf(node, "transA", 0) !== 0) return "its first factor is transposed";
  return null;
}
