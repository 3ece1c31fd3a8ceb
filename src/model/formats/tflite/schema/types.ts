import type { DType } from "../../../tensor/dtype.ts";

/** TensorType of tensorflow/lite/schema/schema.fbs, by number, and the element type that each is; null for what is no tensor. */
const TENSOR_TYPES = [
  ["FLOAT32", "float32"],
  ["FLOAT16", "float16"],
  ["INT32", "int32"],
  ["UINT8", "uint8"],
  ["INT64", "int64"],
  ["STRING", "string"],
  ["BOOL", "bool"],
  ["INT16", "int16"],
  ["COMPLEX64", "complex64"],
  ["INT8", "int8"],
  ["FLOAT64", "float64"],
  ["COMPLEX128", "complex128"],
  ["UINT64", "uint64"],
  ["RESOURCE", null],
  ["VARIANT", null],
  ["UINT32", "uint32"],
  ["UINT16", "uint16"],
  ["INT4", "int4"],
  ["BFLOAT16", "bfloat16"],
  ["INT2", "int2"],
  ["UINT4", "uint4"],
  ["FLOAT8_E4M3FN", "float8e4m3fn"],
  ["FLOAT8_E5M2", "float8e5m2"],
] as const satisfies readonly (readonly [string, DType | null])[];

export type TensorType = (typeof TENSOR_TYPES)[number][0];

export function tensorTypeOf(number: number): TensorType | undefined {
  return TENSOR_TYPES[number]?.[0];
}

const DTYPE_OF = new Map<TensorType, DType | null>(TENSOR_TYPES);

/** The element type; null for resources and variants, which are no tensors. */
export function dtypeOf(type: TensorType): DType | null {
  return DTYPE_OF.get(type) ?? null;
}

/** The further enumerations of the schema that options have, by number. */
export const ENUMS = {
  Padding: ["SAME", "VALID"],
  Activation: ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"],
  TensorType: TENSOR_TYPES.map(([name]) => name) as readonly TensorType[],
  WeightsFormat: ["DEFAULT", "SHUFFLED4x16INT8"],
  LstmKernel: ["FULL", "BASIC"],
  MirrorPadMode: ["REFLECT", "SYMMETRIC"],
  Combiner: ["SUM", "MEAN", "SQRTN"],
  LshProjection: ["UNKNOWN", "SPARSE", "DENSE"],
} as const satisfies Record<string, readonly string[]>;

export type Activation = (typeof ENUMS.Activation)[number];
export type Padding = (typeof ENUMS.Padding)[number];
