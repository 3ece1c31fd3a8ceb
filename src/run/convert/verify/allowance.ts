import type { Tensor } from "../../../model/tensor/tensor.ts";
import type { Allowance } from "./compare.ts";

/** Sums in another order say how much the last bits matter to a model; another order still may say four times that. */
const NOISES = 4;
/** Quantised values are rounded to one whole number or the next; all but one in a thousand. */
const STEP = 1;
const SHARE = 0.001;
const QUANTIZED: ReadonlySet<string> = new Set(["int8", "uint8", "int16", "uint16"]);

/**
 * What one output may be apart from that of another runtime, beyond a tolerance.
 * @param noise how far apart a model's own answers are, largest |a − b|
 */
export function allowanceFor(original: Tensor, noise: number): Allowance {
  if (QUANTIZED.has(original.dtype)) return { step: STEP + noise, share: SHARE };
  return original.dtype.startsWith("float") ? { scale: largestOf(original), noise: NOISES * noise } : {};
}

function largestOf({ dtype, data }: Tensor): number {
  if (dtype !== "float32" && dtype !== "float64") return 1;
  let largest = 0;
  for (const value of data as Float32Array) {
    const size = Math.abs(value);
    if (size > largest && size < Infinity) largest = size;
  }
  return largest;
}
