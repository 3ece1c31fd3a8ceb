import type { TensorData, TensorSpec } from "../../../model/tensor/tensor.ts";
import { halfToNumber } from "../worker/half.ts";
import type { Slot } from "../worker/messages.ts";

/**
 * How far answers may lie from the processor's, as a part of the largest value of the tensor. Another order of adding up moves a deep
 * net's float32 by some 1e-5; half floats have 11 bits, and a net of them lies 1e-2 from one that was computed exactly.
 */
export const TOLERANCE = { float32: 1e-3, float64: 1e-3, float16: 2e-2 } as const;
/** Of a tensor of zeros there is no part: it is taken as if it had this value. */
const LEAST = 1e-3;
/** Quantised values next to a rounding edge. */
const STEP = { int8: 1, uint8: 1 } as const;
/** Of whole numbers, classes of pixels for example, so many of a thousand may fall to the other side of a tie. */
const TIES = 1 / 1000;

export interface Agreement {
  /** The largest difference of floats, as a part of their largest value. */
  readonly error: number;
  /** A clause that names the first output that differs; null: they agree. */
  readonly problem: string | null;
}

/** Holds a device's answers to the processor's. @param cpu shape and values of each output, as `Model.run` gives them */
export function agreement(
  outputs: readonly TensorSpec[],
  cpu: readonly Slot[],
  device: readonly Slot[],
): Agreement {
  let error = 0;
  let problem: string | null = null;
  for (const [i, { name, dtype }] of outputs.entries()) {
    const [shape, other] = [cpu[2 * i], device[2 * i]] as [readonly number[], readonly number[]];
    if (shape.length !== other.length || shape.some((n, k) => n !== other[k])) {
      problem ??= `output ${name} has the shape [${other.join(", ")}] in place of [${shape.join(", ")}]`;
      continue;
    }
    const [a, b] = [cpu[2 * i + 1], device[2 * i + 1]] as [TensorData, TensorData];
    if (dtype in TOLERANCE) {
      const own = distance(dtype, a, b);
      const allowed = TOLERANCE[dtype as keyof typeof TOLERANCE];
      error = Math.max(error, own);
      if (!(own <= allowed))
        problem ??= `output ${name} is ${textOf(own)} of its largest value away, where ${allowed} is allowed`;
    } else {
      const count = countDifferent(dtype, a, b);
      if (count > a.length * TIES) problem ??= `${count} of ${a.length} values of output ${name} differ`;
    }
  }
  return { error, problem };
}

const textOf = (error: number) => (Number.isFinite(error) ? error.toExponential(1) : "infinitely much");

/** Infinite where one is no number and the other is. */
function distance(dtype: string, a: TensorData, b: TensorData): number {
  const read = dtype === "float16" ? halfToNumber : Number;
  let largest = 0;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const one = read(a[i] as number);
    const other = read(b[i] as number);
    const isNumber = Number.isFinite(one);
    if (isNumber) largest = Math.max(largest, Math.abs(one));
    if (Object.is(one, other) || one === other) continue;
    if (!isNumber || !Number.isFinite(other)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, Math.abs(one - other));
  }
  return most / Math.max(largest, LEAST);
}

function countDifferent(dtype: string, a: TensorData, b: TensorData): number {
  const step = dtype in STEP ? STEP[dtype as keyof typeof STEP] : 0;
  let count = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    if (step === 0 || Math.abs(Number(a[i]) - Number(b[i])) > step) count++;
  }
  return count;
}
