import type { LazyTensor } from "../../tensor/tensor.ts";
import { floatRuns } from "./floats.ts";

/** All bits of a float but its sign. */
export const ABSOLUTE = 0x7fffffff;

/**
 * The largest absolute value of a tensor of floats; infinite where an element is, or is no number; 0 of no elements. Every
 * element is looked at once, as whole numbers: those of the absolute values of floats are in their order.
 */
export async function largestOf(tensor: LazyTensor, signal?: AbortSignal): Promise<number> {
  let largest = 0;
  for await (const run of floatRuns(tensor, 1, signal)) {
    largest = Math.max(largest, largestBits(new Int32Array(run.buffer, run.byteOffset, run.length)));
  }
  const value = new Float32Array(Int32Array.of(largest).buffer)[0] as number;
  return Number.isNaN(value) ? Infinity : value;
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
