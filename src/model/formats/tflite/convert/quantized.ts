import type { Attribute } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { byteLengthOf, constantTensor, DTYPES } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Quantization, TfliteTensor } from "../file/model.ts";
import { type Activation, dtypeOf, type TensorType } from "../schema/types.ts";
import { refuse } from "./refusal.ts";

/** The element type that ONNX holds a tensor in. @throws Refusal for resources and variants */
export function storedType({ type }: TfliteTensor): DType {
  const dtype = dtypeOf(type);
  if (dtype === null) throw refuse(`a tensor is of type ${type}`);
  return dtype;
}

export type QuantizedTensor = TfliteTensor & { readonly quantization: Quantization };

/** The least normal number of 32 bits. What is divided by less is no number of them. */
export const LEAST_SCALE = 2 ** -126;

/** Types whose whole numbers may stand for real ones; floats have parameters too sometimes, which mean nothing. */
const QUANTIZED: ReadonlySet<TensorType> = new Set<TensorType>([
  "UINT8",
  "INT8",
  "INT16",
  "UINT16",
  "INT4",
  "UINT4",
  "INT2",
]);

export function isQuantized(tensor: TfliteTensor): tensor is QuantizedTensor {
  return tensor.quantization !== null && QUANTIZED.has(tensor.type);
}

/** A tensor whose numbers are real ones, or stand for some. @throws Refusal for bytes and words without a scale */
export function standing(tensor: TfliteTensor): TfliteTensor {
  if (QUANTIZED.has(tensor.type) && !isQuantized(tensor)) throw refuse(`${tensor.name} has no scale`);
  return tensor;
}

/**
 * Whether the whole numbers of a tensor have a scale. Those of 32 and 64 bits are biases, and what QUANTIZE and DEQUANTIZE take;
 * every other kernel computes with them as they are stored.
 */
export function hasScale(tensor: TfliteTensor): tensor is QuantizedTensor {
  return isQuantized(tensor) || (tensor.quantization !== null && WIDE.has(tensor.type));
}

const WIDE: ReadonlySet<TensorType> = new Set<TensorType>(["INT32", "INT64"]);

/** Whether a tensor is quantised to bytes, for which the runtime has integer kernels of most operators that move elements. */
export function isBytes(tensor: TfliteTensor): tensor is QuantizedTensor {
  return isQuantized(tensor) && (tensor.type === "UINT8" || tensor.type === "INT8");
}

const BYTE_RANGES: Readonly<Partial<Record<TensorType, readonly [number, number]>>> = {
  UINT8: [0, 255],
  INT8: [-128, 127],
};

/** What an activation leaves of the stored numbers of a tensor of bytes; null where that is all of them. */
export function storedRange(
  tensor: TfliteTensor,
  activation: Activation,
): [low: number, high: number] | null {
  const range = BYTE_RANGES[tensor.type];
  const limits = limitsOf(activation);
  if (!range || !limits) return null;
  const [scale = 1] = tensor.quantization?.scale ?? [];
  const [zero = 0] = tensor.quantization?.zeroPoint ?? [];
  const store = (real: number) => Math.min(range[1], Math.max(range[0], zero + Math.round(real / scale)));
  const [low, high] = [store(limits[0]), store(limits[1])];
  return low === range[0] && high === range[1] ? null : [low, high];
}

/** Real numbers that activations leave as they are. */
const LIMITS: Readonly<Partial<Record<Activation, readonly [number, number]>>> = {
  RELU: [0, Number.POSITIVE_INFINITY],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
};

/** Null of one that does more to them, or nothing. */
export function limitsOf(activation: Activation): readonly [low: number, high: number] | null {
  return LIMITS[activation] ?? null;
}

export function isComplex({ type }: TfliteTensor): boolean {
  return type === "COMPLEX64" || type === "COMPLEX128";
}

/** The axis attribute, where there is more than one scale. */
export function axisOf({ scale }: Quantization, axis: number): Record<string, Attribute> {
  return scale.length > 1 ? { axis: attribute.int(axis) } : {};
}

/** Whole numbers of fewer than 8 bits as a constant, the first in the low bits; a scalar where there is one. */
export function packed(dtype: DType, numbers: readonly number[]): LazyTensor {
  const { bits } = DTYPES[dtype];
  const each = 8 / bits;
  const data = new Uint8Array(byteLengthOf(dtype, numbers.length));
  for (const [i, number] of numbers.entries()) {
    const at = Math.floor(i / each);
    data[at] = (data[at] as number) | ((number & (2 ** bits - 1)) << ((i % each) * bits));
  }
  const shape = numbers.length === 1 ? [] : [numbers.length];
  return constantTensor({ dtype, shape, data }, "zero point");
}

/** Whether two tensors stand for the same numbers by the same whole ones. */
export function sameQuantization(a: TfliteTensor, b: TfliteTensor): boolean {
  if (!isQuantized(a) || !isQuantized(b)) return isQuantized(a) === isQuantized(b);
  const [x, y] = [a.quantization, b.quantization];
  return (
    a.type === b.type &&
    x.scale.join() === y.scale.join() &&
    x.zeroPoint.join() === y.zeroPoint.join() &&
    (x.scale.length === 1 || x.axis === y.axis)
  );
}
