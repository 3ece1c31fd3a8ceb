import type { DType } from "./dtype.ts";

/**
 * The elements of a dense tensor, row-major. float16 and bfloat16 are raw 16-bit words; the 8-bit floats are raw
 * bytes; types under 8 bits are packed, the first element in the low bits; bool is one byte an element (0 or 1);
 * complex numbers are pairs.
 */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor as plain data: the only form in which tensors cross a border (thread, process, network). */
export interface Tensor {
  readonly dtype: DType;
  /** Lengths of the dimensions; `[]` is a scalar. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type Tensors = Record<string, Tensor>;

/** A dimension: a length, a named symbol ("batch"), or null where the model says nothing. */
export type Dim = number | string | null;

/** What is known of a tensor before it exists. `shape: null` means that even the rank is unknown. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[] | null;
  /** What it is where it is no tensor, in words ("sequence of float32"); `dtype` is then that of what it holds. */
  readonly type?: string;
}

/** Names, types and shapes of what goes in and what comes out. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/**
 * A constant tensor of a model file, whose bytes stay in the file until somebody asks. It may be an object of a class: a copy of its
 * properties has no methods but those that are given to it (`renamed`, `reshaped`).
 */
export interface LazyTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes of the dense tensor; 0 for strings, whose length only reading tells. */
  readonly byteLength: number;
  /** Where the bytes lie, for `inspect` and for writers. */
  readonly origin:
    | { readonly file: string; readonly offset: number; readonly length: number }
    | { readonly derived: string };
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  /** Fields of the file that are not understood, for the writer of the same format. */
  readonly unknown?: Uint8Array;
  /** Reads the whole tensor. */
  read(signal?: AbortSignal): Promise<Tensor>;
  /** The same, and keeps it; whoever asks again gets what was read. For readSmall, and absent where it keeps that itself. */
  keep?(signal?: AbortSignal): Promise<Tensor>;
  /**
   * Dense little-endian bytes in pieces of at most `chunk` bytes, for tensors larger than memory. Not for strings.
   * @param reuse whether a piece may be overwritten once the next one is asked for
   */
  stream(chunk?: number, signal?: AbortSignal, reuse?: boolean): AsyncIterable<Uint8Array>;
}
