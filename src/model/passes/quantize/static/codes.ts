import { constantTensor } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Range } from "./calibrate.ts";

/** What numbers of 8 bits without a sign stand for: (code − zero) · scale. */
export interface Scale {
  /** A float32. */
  readonly scale: number;
  /** 0 to 255. */
  readonly zero: number;
}

const LAST = 255;
/** Smallest normal float32: a range below it is none. */
const TINY = 1.1754943508222875e-38;

/** The scale of a range, which always holds 0, as onnxruntime.quantization has it (quant_utils.py, compute_scale_zp). */
export function scaleOf({ low, high }: Range): Scale {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const step = (most - least) / LAST;
  if (Math.fround(step) < TINY) return { scale: 1, zero: 0 };
  return { scale: Math.fround(step), zero: Math.max(0, Math.min(LAST, roundEven(-least / step))) };
}

/** To the nearest whole number, halves to the even one, as QuantizeLinear does it. */
function roundEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** A constant in 8 bits, by its own range. @returns null where it holds something else than finite numbers, or nothing */
export async function constantCodes(
  content: LazyTensor,
  signal?: AbortSignal,
): Promise<(Scale & { readonly codes: LazyTensor }) | null> {
  const { data, shape } = await content.read(signal);
  const numbers = data as Float32Array;
  let [low, high, sum] = [0, 0, 0];
  for (const each of numbers) {
    low = Math.min(low, each);
    high = Math.max(high, each);
    sum += each;
  }
  if (numbers.length === 0 || !Number.isFinite(sum)) return null;
  const { scale, zero } = scaleOf({ low, high });
  const codes = Uint8Array.from(numbers, (each) =>
    Math.max(0, Math.min(LAST, roundEven(each / scale) + zero)),
  );
  return {
    scale,
    zero,
    codes: constantTensor({ dtype: "uint8", shape, data: codes }, `${content.name} in 8 bits`),
  };
}

/** Codes of a bias go to this at most: what is added to them must fit 32 bits too. */
const MOST_BIAS = 2 ** 30;
/** Of a channel without weights, codes of its bias go to this: finer than anything beside it. */
const FINE_BIAS = 2 ** 20;

/**
 * Scales of weights with which every bias fits 32 bits, which has the scale of what is multiplied times that of the weights.
 * @param largest of the weights, by channel
 * @param biases of all that read the weights, with the scale of what those multiply
 */
export function guardedScales(
  scales: Float32Array,
  largest: Float32Array,
  biases: readonly { readonly bias: Float32Array; readonly given: number }[],
): Float32Array {
  return scales.map((scale, i) => {
    const need = Math.max(0, ...biases.map(({ bias, given }) => Math.abs(bias[i] as number) / given));
    if (largest[i] === 0) return need === 0 ? 1 : Math.max(TINY, need / FINE_BIAS);
    return Math.max(scale, need / MOST_BIAS);
  });
}

/** A bias as int32, by the scales of its channels. */
export function biasCodes(bias: Float32Array, scales: Float32Array): Int32Array {
  return Int32Array.from(bias, (each, i) => roundEven(each / (scales[i] as number)));
}
