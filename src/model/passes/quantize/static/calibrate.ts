import type { Model } from "../../../graph/graph.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { addTo, createHistogram, entropyRange, type Histogram, percentileRange } from "./histogram.ts";

/**
 * Runs a model on every sample and hands over the values of these names, one at a time; who looks at one copies what it keeps. A
 * runtime does that, of which passes know nothing.
 */
export type Observe = (
  model: Model,
  names: readonly string[],
  see: (name: string, tensor: Tensor) => void,
  signal?: AbortSignal,
) => Promise<void>;

/** How the range of a value is found: all that was seen; the one that keeps most of the information; all but the outermost. */
export type CalibrationMethod = "minmax" | "entropy" | "percentile";

/** Least and greatest, as far as it is to be told apart. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What was seen of a value. */
export interface Seen extends Range {
  /** Of each place along the axis that was asked for; null where none was, or its length is not the same in all samples. */
  readonly means: Float64Array | null;
}

/** Sums of each place along an axis. */
interface Sums {
  readonly totals: Float64Array;
  /** Elements of each. */
  count: number;
}

/** What is kept of a value: two numbers, or as many as a histogram has bins, however many samples there are. */
interface Kept {
  low: number;
  high: number;
  /** Whether an element was no finite number. */
  isBroken: boolean;
  readonly histogram: Histogram | null;
  /** null where they say nothing any more, or nobody asks. */
  sums: Sums | null;
}

/** Of the elements seen, so many hundredths lie within the range (onnxruntime.quantization, CalibrationMethod.Percentile). */
const PERCENTILE = 99.999;

const RANGES: Readonly<Record<CalibrationMethod, (histogram: Histogram) => Range>> = {
  minmax: () => ({ low: -Infinity, high: Infinity }),
  entropy: ({ counts, reach }) => entropyRange(counts, reach),
  percentile: ({ counts, reach }) => percentileRange(counts, reach, PERCENTILE),
};

/**
 * The range of each value in real use, and along an axis the mean of each place. What is not among them was never seen to hold an element, or held one that is no finite
 * number.
 * @param axes of the values, by name: from the end where below 0; null where no means are wanted
 * @throws what `observe` throws
 */
export async function rangesOf(
  model: Model,
  axes: ReadonlyMap<string, number | null>,
  observe: Observe,
  method: CalibrationMethod,
  signal?: AbortSignal,
): Promise<Map<string, Seen>> {
  const kept = new Map<string, Kept>();
  const see = (name: string, { data, shape }: Tensor) => {
    if (!(data instanceof Float32Array)) return;
    const axis = axes.get(name) ?? null;
    const at = axis !== null && axis < 0 ? shape.length + axis : axis;
    const length = at === null ? undefined : shape[at];
    let own = kept.get(name);
    if (!own) {
      const histogram = method === "minmax" ? null : createHistogram();
      const sums = length ? { totals: new Float64Array(length), count: 0 } : null;
      own = { low: Infinity, high: -Infinity, isBroken: false, histogram, sums };
      kept.set(name, own);
    }
    look(own, data);
    if (own.sums?.totals.length !== length) own.sums = null;
    else if (own.sums && at !== null) addSums(own.sums, data, shape.slice(at + 1));
  };
  await observe(model, [...axes.keys()], see, signal);
  const ranges = new Map<string, Seen>();
  for (const [name, { low, high, isBroken, histogram, sums }] of kept) {
    if (isBroken || !(low <= high)) continue;
    const range = histogram ? RANGES[method](histogram) : { low, high };
    const means = sums && sums.count > 0 ? sums.totals.map((total) => total / sums.count) : null;
    ranges.set(name, { low: Math.max(low, range.low), high: Math.min(high, range.high), means });
  }
  return ranges;
}

function look(kept: Kept, data: Float32Array): void {
  let { low, high } = kept;
  // What is no number is in no order; the sum shows it, and infinities too.
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number;
    if (x < low) low = x;
    if (x > high) high = x;
    sum += x;
  }
  kept.low = low;
  kept.high = high;
  if (!Number.isFinite(sum)) kept.isBroken = true;
  else if (kept.histogram && data.length > 0) addTo(kept.histogram, data, Math.max(-low, high));
}

/** @param after lengths behind the axis */
function addSums(sums: Sums, data: Float32Array, after: readonly number[]): void {
  const { totals } = sums;
  const each = after.reduce((product, length) => product * length, 1);
  if (each === 0) return;
  for (let at = 0, place = 0; at < data.length; at += each, place = (place + 1) % totals.length) {
    let sum = 0;
    for (let i = at; i < at + each; i++) sum += data[i] as number;
    totals[place] = (totals[place] as number) + sum;
  }
  sums.count += data.length / totals.length;
}
