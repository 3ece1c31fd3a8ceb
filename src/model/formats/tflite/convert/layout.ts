import { refuse } from "./refusal.ts";

/**
 * Where the channels of a tensor stand: TFLite keeps them last (NHWC), ONNX's convolutions and pools want them first, behind the
 * batch (NCHW).
 */
export type Layout = "last" | "first";

/** The permutation that moves the channels of a tensor of some rank: `shape[i]` of the result is `shape[perm[i]]` of the source. */
export function toFirst(rank: number): number[] {
  return rank < 3 ? range(rank) : [0, rank - 1, ...range(rank - 2, 1)];
}

/** And back. */
export function toLast(rank: number): number[] {
  return rank < 3 ? range(rank) : [0, ...range(rank - 2, 2), 1];
}

/** Where an axis of the file's layout stands; negative ones count from the end. @throws Refusal for one that is not there */
export function axisIn(layout: Layout, axis: number, rank: number): number {
  if (axis < -rank || (axis >= rank && axis > 0)) throw refuse(`it has no axis ${axis}, of ${rank}`);
  const positive = axis < 0 ? axis + rank : axis;
  if (layout === "last" || rank < 3 || positive === 0) return positive;
  return positive === rank - 1 ? 1 : positive + 1;
}

function range(length: number, from = 0): number[] {
  return Array.from({ length }, (_, i) => from + i);
}
