import type { LazyTensor } from "../../tensor/tensor.ts";
import { type Engine, engine, MEMORY } from "../simd/engine.ts";
import { floatRuns } from "./floats.ts";

/** All bits of a float but its sign. */
export const ABSOLUTE = 0x7fffffff;

/**
 * The largest absolute value of a tensor of floats; infinite where an element is, or is no number; 0 of no elements. Every
 * element is looked at once, as whole numbers: those of the absolute values of floats are in their order.
 */
export async function largestOf(
  tensor: LazyTensor,
  signal?: AbortSignal,
  vectors: Engine | null = engine(),
): Promise<number> {
  let largest = 0;
  for await (const run of floatRuns(tensor, 1, signal)) {
    const bits = new Int32Array(run.buffer, run.byteOffset, run.length);
    largest = Math.max(largest, vectors ? largestInVectors(bits, vectors) : largestBits(bits));
  }
  const value = new Float32Array(Int32Array.of(largest).buffer)[0] as number;
  return Number.isNaN(value) ? Infinity : value;
}

/** What is worked on at a time: four elements remain behind it, and in a processor's own cache it stays. */
const PIECE = MEMORY / 16;

function largestInVectors(bits: Int32Array, { words, magnitude }: Engine): number {
  let largest = 0;
  const end = bits.length - (bits.length % 4);
  for (let from = 0; from < end; from += PIECE) {
    const to = Math.min(end, from + PIECE);
    words.set(bits.subarray(from, to));
    magnitude(0, 4 * (to - from), 4 * PIECE);
    for (let i = 0; i < 4; i++) largest = Math.max(largest, words[PIECE + i] as number);
  }
  return Math.max(largest, largestBits(bits.subarray(end)));
}

/** The largest absolute value as its bits. */
export function largestBits(bits: Int32Array): number {
  let a = 0;
  let b = 0;
  const even = bits.length - (bits.length % 2);
  for (let i = 0; i < even; i += 2) {
    const x = (bits[i] as number) & ABSOLUTE;
    const y = (bits[i + 1] as number) & ABSOLUTE;
    if (x > a) a = x;
    if (y > b) b = y;
  }
  if (even < bits.length) a = Math.max(a, (bits[even] as number) & ABSOLUTE);
  return Math.max(a, b);
}
