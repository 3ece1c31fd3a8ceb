import type { TfliteTensor } from "../file/model.ts";
import { isQuantized, type QuantizedTensor } from "./quantized.ts";

// Products of words (16 bits) are summed up in 64 bits, and a sum is brought to the scale of the output by a factor of 15 bits. That is
// off by up to one in 65,536: as much as the last digit of a large answer. FULLY_CONNECTED alone keeps all 31.

/**
 * What kernels multiply sums of 64 bits by, instead of a factor: its 15 highest bits, rounded
 * (lite/kernels/internal/quantization_util.cc, QuantizeMultiplier; common.cc, MultiplyByQuantizedMultiplier).
 */
function shortened(factor: number): number {
  if (!(factor > 0) || !Number.isFinite(factor)) return factor;
  const exponent = Math.floor(Math.log2(factor)) + 1;
  const whole = Math.round((factor / 2 ** exponent) * 2 ** 31);
  if (whole === 2 ** 31) return 2 ** exponent;
  const high = whole < 0x7fff0000 ? Math.floor((whole + 2 ** 15) / 2 ** 16) : 0x7fff;
  return high * 2 ** (exponent - 15);
}

function isWords(tensor: TfliteTensor): tensor is QuantizedTensor {
  return isQuantized(tensor) && tensor.type === "INT16";
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
