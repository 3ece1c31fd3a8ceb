import { stringOf } from "../../../graph/edit.ts";
import type { Node } from "../../../graph/graph.ts";

/** What an operator does to numbers of 8 bits, for ONNX Runtime's CPU provider. */
export interface FollowRow {
  /**
   * "moves": what comes out is what went in, with the same scale. "computes": it has a kernel that takes and gives
   * different scales.
   */
  readonly kind: "moves" | "computes";
  /** Inputs that hold the numbers; null: all. */
  readonly inputs: readonly number[] | null;
  /** Whether one of them may be a constant. */
  readonly constants?: true;
  /** Where not all of its kinds are done in 8 bits. */
  fits?(node: Node): boolean;
}

const moves = (fits?: FollowRow["fits"]): FollowRow => ({
  kind: "moves",
  inputs: [0],
  ...(fits ? { fits } : {}),
});
const computes: FollowRow = { kind: "computes", inputs: [0] };
const joins: FollowRow = { kind: "computes", inputs: null, constants: true };

/**
 * Operators that go on in 8 bits where what they are given is held in 8 bits anyway: those that ONNX Runtime 1.30 makes integer
 * kernels of. Others (Softmax, normalisations, HardSwish, Resize between pixels …) would be computed in float32 between two
 * roundings more.
 */
export const FOLLOW: ReadonlyMap<string, FollowRow> = new Map([
  ["Add", joins],
  ["Mul", joins],
  ["Concat", { kind: "moves", inputs: null }],
  ...["AveragePool", "GlobalAveragePool", "LeakyRelu", "Sigmoid"].map((op) => [op, computes] as const),
  ...["Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Gather", "DepthToSpace"].map(
    (op) => [op, moves()] as const,
  ),
  ...["Expand", "Tile"].map((op) => [op, moves()] as const),
  ["MaxPool", moves((node) => node.outputs.slice(1).every((value) => value === null))],
  ["Resize", moves((node) => stringOf(node, "mode", "nearest") === "nearest")],
]);

/** Why an operator that has weights stays. */
export const FLOAT_WEIGHTS: ReadonlyMap<string, string> = new Map([
  ["ConvTranspose", "the runtime has no transposed convolution of whole numbers"],
  ["LSTM", "what a recurrent operator rounds adds up from step to step"],
  ["GRU", "what a recurrent operator rounds adds up from step to step"],
  ["RNN", "what a recurrent operator rounds adds up from step to step"],
]);
