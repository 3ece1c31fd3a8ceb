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

/** What is kept of a value: two numbers, or as many as a histogram has bins, however many samples there are. */
interface Kept {
  low: number;
  high: number;
  /** Whether an element was no finite number. */
  isBroken: boolean;
  readonly histogram: Histogram | null;
}

/** Of the elements seen, so many hundredths lie within the range (onnxruntime.quantization, CalibrationMethod.Percentile). */
const PERCENTILE = 99.999;

const RANGES: Readonly<Record<CalibrationMethod, (histogram: Histogram) => Range>> = {
  minmax: () => ({ low: -Infinity, high: Infinity }),
  entropy: ({ counts, reach }) => entropyRange(counts, reach),
  percentile: ({ counts, reach }) => percentileRange(counts, reach, PERCENTILE),
};

/**
 * The range of each value in real use. What is not among them was never seen to hold an element, or held one that is no finite
 * number.
 * @throws what `observe` throws
 */
export async function rangesOf(
  model: Model,
  names: readonly string[],
  observe: Observe,
  method: CalibrationMethod,
  signal?: AbortSignal,
): Promise<Map<string, Range>> {
  const kept = new Map<string, Kept>();
  const see = (name: string, { data }: Tensor) => {
    if (!(data instanceof Float32Array)) return;
    let own = kept.get(name);
    if (!own) {
      const histogram = method === "minmax" ? null : createHistogram();
      own = { low: Infinity, high: -Infinity, isBroken: false, histogram };
      kept.set(name, own);
    }
    look(own, data);
  };
  await observe(model, names, see, signal);
  const ranges = new Map<string, Range>();
  for (const [name, { low, high, isBroken, histogram }] of kept) {
    if (isBroken || !(low <= high)) continue;
    const range = histogram ? RANGES[method](histogram) : { low, high };
    ranges.set(name, { low: Math.max(low, range.low), high: Math.min(high, range.high) });
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
