import type { DType } from "../../model/tensor/dtype.ts";
import type { TensorData } from "../../model/tensor/tensor.ts";

/** The arrays that hold the element types which the runtime's binding carries in both directions. */
export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  /** Raw 16-bit words. */
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  /** One byte an element, 0 or 1. */
  bool: Uint8Array,
  string: Array,
} as const;

/** An element type that can be fed and read. */
export type Carried = keyof typeof ARRAYS;

export function isCarried(dtype: DType): dtype is Carried {
  return Object.hasOwn(ARRAYS, dtype);
}

/** A new array of the element type: zeros, or empty strings. */
export function allocate(dtype: Carried, length: number): TensorData {
  if (dtype === "string") return new Array<string>(length).fill("");
  return new ARRAYS[dtype](length);
}

/** Copies `from` into `to` at element `at`. Both are arrays of one element type, as checked feeds are. */
export function copyInto(to: TensorData, at: number, from: TensorData): void {
  if (Array.isArray(to)) {
    for (let i = 0; i < from.length; i++) to[at + i] = from[i] as string;
  } else {
    // TypeScript cannot see that both are of one kind; the element type says so.
    (to as Float32Array).set(from as Float32Array, at);
  }
}

/** Bytes that the values take in memory; of strings an estimate. */
export function bytesOf(data: TensorData): number {
  if (!Array.isArray(data)) return data.byteLength;
  let bytes = 0;
  for (const text of data) bytes += 16 + 2 * text.length;
  return bytes;
}
