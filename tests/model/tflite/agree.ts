// How far an answer may be from the one that TensorFlow's kernels gave.
import { fromHalf, type Tensor } from "../../../src/model/tensor/index.ts";

const REAL: ReadonlySet<string> = new Set(["float16", "float32", "float64"]);
/** Of quantised values, one in so many may be further off. */
const ONE_IN = 1000;

/** Numbers of a tensor; float16 as what its words stand for. */
export function numbersOf({ dtype, data }: Tensor): number[] {
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  return dtype === "float16" ? numbers.map(fromHalf) : numbers;
}

export interface Bound {
  /** The most by which the kernels themselves differ. */
  readonly noise: number;
  /** Of quantised values, in the unit of the output; 0 of any others. */
  readonly step: number;
}

/** What is wrong with an answer; null where it agrees. */
export function disagreement(
  expected: Tensor,
  answer: Tensor | undefined,
  bound: Bound & { readonly random?: boolean },
): string | null {
  if (!answer) return "is missing";
  if (answer.dtype !== expected.dtype) return `is ${answer.dtype}, not ${expected.dtype}`;
  if (answer.shape.join() !== expected.shape.join())
    return `has the shape [${answer.shape}], not [${expected.shape}]`;
  if (bound.random) return null;
  if (expected.dtype === "string" || expected.dtype.endsWith("int64")) {
    const at = Array.from(expected.data as ArrayLike<unknown>).findIndex(
      (value, i) => value !== answer.data[i],
    );
    return at < 0 ? null : `is ${answer.data[at]} at ${at}, not ${expected.data[at]}`;
  }
  const wanted = numbersOf(expected);
  const largest = wanted.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  return valuesDisagree(wanted, numbersOf(answer), { ...bound, real: REAL.has(expected.dtype), largest });
}

/** @param bound.largest the largest magnitude of the expected tensor, of which `wanted` may be a part */
export function valuesDisagree(
  wanted: readonly number[],
  got: readonly number[],
  { noise, step, real, largest }: Bound & { readonly real: boolean; readonly largest: number },
): string | null {
  const allowed = (b: number) => {
    if (step > 0) return step + noise;
    return real ? Math.max(1e-5 * largest + 1e-4 * Math.abs(b), 4 * noise) : 0;
  };
  let misses = 0;
  let worst = -1;
  let first = "";
  for (const [i, b] of wanted.entries()) {
    const a = got[i] as number;
    if (Object.is(a, b) || a === b) continue;
    const gap = Math.abs(a - b);
    if (gap <= allowed(b)) continue;
    misses++;
    if (gap <= worst) continue;
    if (Number.isFinite(gap)) worst = gap;
    first = `is ${a} at ${i}, not ${b} (allowed: ${allowed(b)})`;
  }
  if (misses <= (step > 0 ? Math.floor(wanted.length / ONE_IN) : 0)) return null;
  return `${first}; ${misses} of ${wanted.length} are wrong`;
}
