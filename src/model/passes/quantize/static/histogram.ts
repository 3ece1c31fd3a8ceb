/**
 * How often a value's elements lie where, in bounded memory. The bins are equally wide and reach from −reach to reach, a power of
 * two: where an element lies beyond, the reach is doubled until it does not, and bins are merged in pairs. So nothing that was
 * counted is counted in a wrong place, and at least half of the bins are in use.
 */
export interface Histogram {
  /** `BINS` of them. */
  readonly counts: Float64Array;
  /** 0 until an element other than 0 was seen. */
  reach: number;
}

/** On either side at least 1,024 of them are in use, as in ONNX Runtime's histograms. */
export const BINS = 4_096;
const HALF = BINS / 2;

export function createHistogram(): Histogram {
  return { counts: new Float64Array(BINS), reach: 0 };
}

/** @param largest absolute value that the elements may have */
export function addTo(histogram: Histogram, data: Float32Array, largest: number): void {
  const { counts } = histogram;
  if (largest > histogram.reach) {
    const reach = 2 ** Math.ceil(Math.log2(largest));
    // Of nothing but zeros, which lie in the middle, the reach is free.
    for (let now = histogram.reach || reach; now < reach; now *= 2) merge(counts);
    histogram.reach = reach;
  }
  const perUnit = histogram.reach === 0 ? 0 : HALF / histogram.reach;
  for (let i = 0; i < data.length; i++) {
    const bin = Math.floor((data[i] as number) * perUnit) + HALF;
    const at = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
    counts[at] = (counts[at] as number) + 1;
  }
}

/** Two bins next to each other become one, on each side from the middle on. */
function merge(counts: Float64Array): void {
  const quarter = HALF / 2;
  const merged = new Float64Array(BINS);
  for (let i = 0; i < HALF; i++)
    merged[quarter + i] = (counts[2 * i] as number) + (counts[2 * i + 1] as number);
  counts.set(merged);
}

/** The bins in the middle that hold everything, as many on either side; and how far they reach. */
function trimmed(counts: Float64Array, reach: number): { counts: Float64Array; reach: number } {
  const half = counts.length / 2;
  let used = half;
  while (used > 1 && counts[half - used] === 0 && counts[half + used - 1] === 0) used--;
  return { counts: counts.subarray(half - used, half + used), reach: (reach * used) / half };
}

/**
 * The range without the outermost elements, as many on either side (onnxruntime.quantization, HistogramCollector.compute_percentile).
 * @param counts of bins from −reach to reach
 * @param percentile of all elements, 0 to 100, that lie within the range
 */
export function percentileRange(
  counts: Float64Array,
  reach: number,
  percentile: number,
): { low: number; high: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cut = (100 - percentile) / 200;
  const width = (2 * reach) / counts.length;
  let [left, right] = [-1, -1];
  let sum = 0;
  for (let i = 0; i < counts.length && right < 0; i++) {
    sum += (counts[i] as number) / total;
    if (left < 0 && sum >= cut) left = i;
    if (sum >= 1 - cut) right = i;
  }
  // What rounding leaves of 1 is in no bin. The edge that lies outside holds what the bin holds.
  if (right < 0) right = counts.length - 1;
  return { low: Math.max(0, left) * width - reach, high: (right + 1) * width - reach };
}

/** Levels that a range is told apart in (onnxruntime.quantization, CalibrationMethod.Entropy: num_quantized_bins). */
const LEVELS = 128;

/**
 * The range of which `LEVELS` levels keep most of the information: that whose distribution is nearest to its own after rounding, by
 * the Kullback-Leibler divergence (Migacz, 8-bit inference with TensorRT, GTC 2017; as in onnxruntime.quantization,
 * HistogramCollector.get_entropy_threshold).
 * @param all bins from −whole to whole
 */
export function entropyRange(all: Float64Array, whole: number): { low: number; high: number } {
  const { counts, reach } = trimmed(all, whole);
  const half = counts.length / 2;
  const width = reach / half;
  const before = new Float64Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) before[i + 1] = (before[i] as number) + (counts[i] as number);
  const filled = new Float64Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) filled[i + 1] = (filled[i] as number) + (counts[i] === 0 ? 0 : 1);
  let best = { divergence: Infinity, low: -reach, high: reach };
  for (let i = LEVELS / 2; i <= half; i++) {
    const [from, to] = [half - i, Math.min(half + i + 1, counts.length)];
    const divergence = divergenceOf(counts, before, filled, from, to);
    if (divergence < best.divergence)
      best = { divergence, low: from * width - reach, high: to * width - reach };
  }
  return { low: best.low, high: best.high };
}

/** Takes the place of nothing in a distribution, which is then made smaller elsewhere. */
const SMOOTH = 1e-4;

/**
 * How much is lost where only the bins from one to another are told apart, in `LEVELS` levels, and what is beyond them counts as
 * the outermost.
 * @param before elements in all bins before each, `filled`: bins before each that are not empty
 */
function divergenceOf(
  counts: Float64Array,
  before: Float64Array,
  filled: Float64Array,
  from: number,
  to: number,
): number {
  const size = to - from;
  const total = before[counts.length] as number;
  const each = Math.floor(size / LEVELS);
  const beyond = [before[from] as number, total - (before[to] as number)] as const;
  const isFilled = (i: number) =>
    counts[i] !== 0 || (i === from && beyond[0] > 0) || (i === to - 1 && beyond[1] > 0);
  const q = new Float64Array(size);
  let [emptyP, emptyQ, sumQ] = [0, 0, 0];
  for (let level = 0; level < LEVELS; level++) {
    const [start, end] = [from + level * each, from + (level + 1) * each];
    const rest = level === LEVELS - 1 ? to : end;
    const held = (before[rest] as number) - (before[start] as number);
    let norm = (filled[end] as number) - (filled[start] as number);
    if (start === from && counts[from] === 0 && beyond[0] > 0) norm++;
    if (end === to && counts[to - 1] === 0 && beyond[1] > 0) norm++;
    if (norm === 0) continue;
    const share = Math.floor(held / norm);
    q.fill(share, start - from, end - from);
    sumQ += share * each;
  }
  for (let i = 0; i < size; i++) {
    if (!isFilled(from + i)) emptyP++;
    if (q[i] === 0) emptyQ++;
  }
  if (emptyP === size || emptyQ === size) return Infinity;
  const takeP = (SMOOTH * emptyP) / (size - emptyP);
  const takeQ = (SMOOTH * emptyQ) / (size - emptyQ);
  let divergence = 0;
  for (let i = 0; i < size; i++) {
    let p = counts[from + i] as number;
    if (i === 0) p += beyond[0];
    if (i === size - 1) p += beyond[1];
    const smoothP = (p === 0 ? SMOOTH : p - takeP) / total;
    const smoothQ = (q[i] === 0 ? SMOOTH : (q[i] as number) - takeQ) / sumQ;
    divergence += smoothP * Math.log(smoothP / smoothQ);
  }
  return divergence;
}
