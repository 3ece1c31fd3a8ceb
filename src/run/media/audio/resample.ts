import { setImmediate } from "node:timers/promises";
import { fail } from "../../../base/errors/index.ts";
import { MAX_SAMPLES, type Sound } from "./sound.ts";

/** Zero crossings of the sinc on either side. With these, what is above the new half rate is below −80 dB. */
const ZEROS = 48;
/** Kaiser's beta for a stop band of −86 dB. */
const BETA = 8.6;
/** The middle of the transition, as a part of the lower rate's half: it ends where the fold begins. */
const ROLLOFF = 0.94;
/** Values of the sinc from one zero crossing to the next; the line between two is off by less than −120 dB. */
const PRECISION = 2048;
/** Weights that are kept, 16 MB; odd pairs of rates beyond it work out each sample's anew, which takes four times as long. */
const MAX_TABLE = 2 ** 21;
/** Multiplications between two looks at the event loop: a few milliseconds, also where weights are worked out anew. */
const WORK = 2_000_000;

/**
 * Changes the rate by a polyphase filter: a sinc under a Kaiser window, one set of weights a phase.
 * Gives way to the event loop while it works.
 * @throws MEDIA_SOUND_TOO_LONG, and the signal's reason as ABORTED
 */
export async function resample(sound: Sound, sampleRate: number, signal?: AbortSignal): Promise<Sound> {
  const { samples } = sound;
  if (sound.sampleRate === sampleRate) return sound;
  const divisor = gcd(sound.sampleRate, sampleRate);
  const up = sampleRate / divisor;
  const down = sound.sampleRate / divisor;
  const count = Math.ceil((samples.length * up) / down);
  if (count > MAX_SAMPLES) {
    throw fail("MEDIA_SOUND_TOO_LONG", { samples: count, rate: sampleRate, limit: MAX_SAMPLES });
  }
  // The cut-off lies below the lower of the two rates' halves, counted in the source's samples.
  const cutoff = Math.min(1, up / down) * ROLLOFF;
  const half = Math.ceil(ZEROS / cutoff);
  const taps = 2 * half;
  const phases = makePhases(up, taps, cutoff);
  const out = new Float32Array(count);
  const pause = Math.max(1, Math.floor(WORK / taps));
  for (let from = 0; from < count; from += pause) {
    if (from > 0) await setImmediate();
    if (signal?.aborted) throw fail("ABORTED", {});
    filter(samples, out, from, Math.min(from + pause, count), { up, down, half, taps, phases });
  }
  return { sampleRate, samples: out };
}

interface Plan {
  readonly up: number;
  readonly down: number;
  readonly half: number;
  readonly taps: number;
  readonly phases: (phase: number) => Float64Array;
}

function filter(samples: Float32Array, out: Float32Array, from: number, to: number, plan: Plan): void {
  const { up, down, half, taps, phases } = plan;
  for (let n = from; n < to; n++) {
    // The moment n·down/up in the source, as a whole sample and a phase between two; below 2^53 by the limits.
    const moment = n * down;
    const phase = moment % up;
    const whole = (moment - phase) / up;
    const weights = phases(phase);
    const start = whole - half + 1;
    const first = Math.max(0, -start);
    const last = Math.min(taps, samples.length - start);
    let sum = 0;
    for (let k = first; k < last; k++) sum += (samples[start + k] as number) * (weights[k] as number);
    out[n] = sum;
  }
}

/** The filter of each phase; kept, unless there are too many. */
function makePhases(up: number, taps: number, cutoff: number): (phase: number) => Float64Array {
  const compute = (phase: number) => makeWeights(phase / up, taps, cutoff);
  if (up * taps > MAX_TABLE) return compute;
  const table = new Map<number, Float64Array>();
  return (phase) => {
    const kept = table.get(phase);
    if (kept) return kept;
    const weights = compute(phase);
    table.set(phase, weights);
    return weights;
  };
}

/** Weights of the samples around a moment that lies `fraction` of a sample behind the middle one. */
function makeWeights(fraction: number, taps: number, cutoff: number): Float64Array {
  kernel ??= makeKernel();
  const half = taps / 2;
  const weights = new Float64Array(taps);
  let sum = 0;
  for (let k = 0; k < taps; k++) {
    const place = Math.abs(k - half + 1 - fraction) * cutoff * PRECISION;
    const below = Math.floor(place);
    if (below + 1 >= kernel.length) continue;
    const left = kernel[below] as number;
    const weight = left + ((kernel[below + 1] as number) - left) * (place - below);
    weights[k] = weight;
    sum += weight;
  }
  // Every phase passes a constant unchanged; without this the phases' gains differ and a hum appears.
  for (let k = 0; k < taps; k++) weights[k] = (weights[k] as number) / sum;
  return weights;
}

/** One side of the windowed sinc, PRECISION values from a zero crossing to the next. */
let kernel: Float64Array | undefined;

function makeKernel(): Float64Array {
  const values = new Float64Array(ZEROS * PRECISION + 1);
  const scale = bessel(BETA);
  for (let i = 0; i < values.length; i++) {
    const x = i / PRECISION;
    const sinc = i === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    values[i] = (sinc * bessel(BETA * Math.sqrt(1 - (x / ZEROS) ** 2))) / scale;
  }
  return values;
}

/** The modified Bessel function of order zero, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
