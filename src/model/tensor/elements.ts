import { fail } from "../../base/errors/index.ts";
import { DTYPES, type DType } from "./dtype.ts";
import { fromBfloat16, fromHalf, toBfloat16, toHalf } from "./half.ts";
import type { Tensor, TensorData } from "./tensor.ts";

/**
 * Elements of a shape; a scalar has one.
 * @param what for the message: "tensor conv1.weight"
 * @param where the place, for the message: "model.onnx, byte 1234"
 * @throws MODEL_SHAPE_INVALID for negative or fractional lengths and for products over 2^53
 */
export function elementCount(shape: readonly number[], what: string, where?: string): number {
  const count = countOf(shape);
  if (count !== null) return count;
  const details = { what, shape: shape.join("×") };
  throw fail("MODEL_SHAPE_INVALID", details, where === undefined ? {} : { where });
}

/** The same; null where elementCount throws. */
export function countOf(shape: readonly number[]): number | null {
  let count = 1;
  for (let i = 0; i < shape.length; i++) {
    const dim = shape[i] as number;
    // A zero later in the shape does not excuse lengths that cannot be.
    if (!Number.isSafeInteger(dim) || dim < 0 || !Number.isSafeInteger(count * dim)) return null;
    count *= dim;
  }
  return count;
}

/** Bytes of so many dense elements; types under 8 bits are packed. Strings have none of their own. */
export function byteLengthOf(dtype: DType, count: number): number {
  const { bits } = DTYPES[dtype];
  return bits >= 8 ? count * (bits / 8) : Math.ceil((count * bits) / 8);
}

type ArrayType = {
  new (buffer: ArrayBuffer): Exclude<TensorData, string[]>;
  readonly BYTES_PER_ELEMENT: number;
};

/** The typed array that carries a type; raw words for the small floats, pairs for the complex numbers. */
export const ARRAYS: Readonly<Record<Exclude<DType, "string">, ArrayType>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float8e4m3fn: Uint8Array,
  float8e4m3fnuz: Uint8Array,
  float8e5m2: Uint8Array,
  float8e5m2fnuz: Uint8Array,
  float8e8m0: Uint8Array,
  float4e2m1: Uint8Array,
  float6e2m3: Uint8Array,
  float6e3m2: Uint8Array,
  int2: Uint8Array,
  int4: Uint8Array,
  uint2: Uint8Array,
  uint4: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** Little-endian bytes as a tensor. The bytes are copied, so any alignment will do. */
export function tensorFromBytes(
  dtype: Exclude<DType, "string">,
  shape: readonly number[],
  bytes: Uint8Array,
): Tensor {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return { dtype, shape, data: new ARRAYS[dtype](copy.buffer) };
}

/** The dense little-endian bytes of a tensor, not copied. Not for strings. */
export function bytesOf(tensor: Tensor): Uint8Array {
  const { data } = tensor;
  if (Array.isArray(data)) throw fail("MODEL_TENSOR_IS_TEXT", { dtype: tensor.dtype });
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Numbers as a tensor of any numeric type but the packed and complex ones.
 * @throws MODEL_NUMBER_MISFIT where a number is beyond the type, or broken for a whole type: never wrapped, never cut
 */
export function tensorFromNumbers(
  dtype: DType,
  shape: readonly number[],
  numbers: readonly (number | bigint)[],
): Tensor {
  const data = numbersAs(dtype, numbers);
  return { dtype, shape, data };
}

function numbersAs(dtype: DType, numbers: readonly (number | bigint)[]): TensorData {
  const misfit = (value: number | bigint) => fail("MODEL_NUMBER_MISFIT", { value, dtype });
  if (dtype === "float64") return Float64Array.from(numbers, Number);
  const float = FLOATS[dtype];
  if (float) {
    // Rounding is what a float type means; a finite number that becomes infinite is one that does not fit.
    return new float.Words(
      numbers.map((value) => {
        const word = float.to(Number(value));
        if (Math.abs(float.from(word)) === Number.POSITIVE_INFINITY && Number.isFinite(Number(value))) {
          throw misfit(value);
        }
        return word;
      }),
    );
  }
  if (dtype === "int64" || dtype === "uint64") {
    const [low, high] = dtype === "int64" ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
    const whole = numbers.map((value) => {
      if (typeof value === "number" && !Number.isSafeInteger(value)) throw misfit(value);
      const exact = BigInt(value);
      if (exact < low || exact > high) throw misfit(value);
      return exact;
    });
    return dtype === "int64" ? BigInt64Array.from(whole) : BigUint64Array.from(whole);
  }
  const range = RANGES[dtype];
  if (!range || dtype === "string") throw fail("MODEL_DTYPE_NO_NUMBERS", { dtype });
  const data = new ARRAYS[dtype](new ArrayBuffer(byteLengthOf(dtype, numbers.length))) as Int32Array;
  numbers.forEach((value, i) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < range[0] || number > range[1]) throw misfit(value);
    data[i] = number;
  });
  return data;
}

const FLOATS: Readonly<
  Partial<
    Record<
      DType,
      {
        readonly Words: new (words: readonly number[]) => Float32Array | Uint16Array;
        to(value: number): number;
        from(word: number): number;
      }
    >
  >
> = {
  float32: { Words: Float32Array, to: Math.fround, from: (word) => word },
  float16: { Words: Uint16Array, to: toHalf, from: fromHalf },
  bfloat16: { Words: Uint16Array, to: toBfloat16, from: fromBfloat16 },
};

const RANGES: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  bool: [0, 1],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
};
