import type { Attribute } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { byteLengthOf, constantTensor, DTYPES } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Quantization, TfliteTensor } from "../file/model.ts";
import type { TensorType } from "../schema/types.ts";

export type QuantizedTensor = TfliteTensor & { readonly quantization: Quantization };

/** Types whose whole numbers may stand for real ones; floats have parameters too sometimes, which mean nothing. */
const QUANTIZED: ReadonlySet<TensorType> = new Set<TensorType>([
  "UINT8",
  "INT8",
  "INT16",
  "UINT16",
  "INT32",
  "INT64",
  "INT4",
  "UINT4",
  "INT2",
]);

export function isQuantized(tensor: TfliteTensor): tensor is QuantizedTensor {
  return tensor.quantization !== null && QUANTIZED.has(tensor.type);
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
