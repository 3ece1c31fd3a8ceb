import type { Value } from "../../../graph/graph.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Build } from "./build.ts";
import { isQuantized, LEAST_SCALE, type QuantizedTensor } from "./quantized.ts";

// Products of words (16 bits) are summed up in 64 bits, and a sum is brought to the scale of the output by a factor of 15 bits. That is
// off by up to one in 65,536: as much as the last digit of a large answer. FULLY_CONNECTED alone keeps all 31.

/**
 * What kernels multiply sums of 64 bits by, instead of a factor: its 15 highest bits, rounded
 * (lite/kernels/internal/quantization_util.cc, QuantizeMultiplier; common.cc, MultiplyByQuantizedMultiplier).
 */
function shortened(factor: number): number {
  if (!(factor > 0) || !Number.isFinite(factor)) return factor;
  const { whole, exponent } = quantized(factor);
  const high = whole < 0x7fff0000 ? Math.floor((whole + 2 ** 15) / 2 ** 16) : 0x7fff;
  return high * 2 ** (exponent - 15);
}

/** A factor as whole · 2^(exponent - 31), with the whole number below 2^31. */
function quantized(factor: number): { readonly whole: number; readonly exponent: number } {
  const exponent = Math.floor(Math.log2(factor)) + 1;
  const whole = Math.round((factor / 2 ** exponent) * 2 ** 31);
  return whole === 2 ** 31 ? { whole: 2 ** 30, exponent: exponent + 1 } : { whole, exponent };
}

/** Whether a tensor is quantised to 16 bits, by one scale that numbers can be divided by. */
export function isWords(tensor: TfliteTensor): tensor is QuantizedTensor {
  if (!isQuantized(tensor) || tensor.type !== "INT16") return false;
  const { scale } = tensor.quantization;
  return scale.length === 1 && scale.every((each) => each >= LEAST_SCALE);
}

/**
 * The weight of a convolution with scales that give what its kernel's factors do; the same one where those are exact: in other types, and
 * with a bias of 32 bits.
 */
export function asMultiplied(
  weight: TfliteTensor,
  input: TfliteTensor,
  bias: TfliteTensor | null,
  output: TfliteTensor,
): TfliteTensor {
  const isWide = bias === null || bias.type === "INT64";
  if (!isWide || !isWords(input) || !isWords(output) || !isQuantized(weight) || !weight.content)
    return weight;
  const [[from = 1], [to = 1]] = [input.quantization.scale, output.quantization.scale];
  const scale = weight.quantization.scale.map((each) => (shortened((from * each) / to) * to) / from);
  return { ...weight, quantization: { ...weight.quantization, scale } };
}

/** An output with the scale that a product of two tensors, both of which may be computed, is to be quantised with. */
export function asProduct(a: TfliteTensor, b: TfliteTensor, output: TfliteTensor): TfliteTensor {
  if (!isWords(a) || !isWords(b) || !isWords(output)) return output;
  const [left = 1, right = 1, to = 1] = [a, b, output].map(({ quantization }) => quantization.scale[0]);
  // The kernel has it from a product in 32 bits.
  const factor = Math.fround(left * right) / to;
  const scale = [(left * right) / shortened(factor)];
  return { ...output, quantization: { ...output.quantization, scale } };
}

/**
 * A whole number times a factor above 0, as kernels multiply 32 bits: rounded before what is left of the factor, a power of two, and after
 * it (common.cc, MultiplyByQuantizedMultiplier).
 */
export function multiplied(number: number, factor: number): number {
  const { whole, exponent } = quantized(factor);
  const first = Math.floor((number * 2 ** Math.max(0, exponent) * whole) / 2 ** 31 + 0.5);
  const last = Math.abs(first) / 2 ** Math.max(0, -exponent);
  return Math.sign(first) * Math.floor(last + 0.5);
}

/** More than 1 by less than a word can tell; what lies in the middle of two numbers is behind it nearer to the one away from zero. */
export const AWAY = 1 + 2 ** -22;

/** Words of real numbers, halves away from zero, as the kernels round them. */
export function roundedWords(build: Build, value: Value): Value {
  return build.cast(build.node("Round", [build.node("Mul", [value, build.scalar(AWAY)])]), "int16");
}

/**
 * Means of words (lite/kernels/internal/reference/integer_ops/mean.h): the sum times a factor that the count is divided out of, rounded
 * before what is left of the factor, a power of two, and after it.
 * @param sum int64 @param count of what was summed up
 */
export function meanOfWords(build: Build, sum: Value, count: number, factor: number): Value {
  const { whole, exponent } = quantized(factor);
  const shift = Math.min(Math.floor(Math.log2(count)), 32, 31 + exponent);
  const each = Math.floor((whole * 2 ** shift) / count);
  const left = Math.min(0, exponent - shift);
  const double = (number: number) => build.scalar(number, "float64");
  const scaled = (value: Value, by: number) => build.node("Round", [build.node("Mul", [value, double(by)])]);
  const first = scaled(build.cast(sum, "float64"), (each * 2 ** (exponent - shift - left)) / 2 ** 31);
  const last = scaled(first, AWAY * 2 ** left);
  const words = build.node("Clip", [last, double(-(2 ** 15)), double(2 ** 15 - 1)]);
  return build.cast(words, "int16");
}
