import type { DType } from "../../model/tensor/dtype.ts";

/** Element types of the Open Inference Protocol by our own names; the others have no name there. */
export const DATATYPE_OF = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
} as const satisfies Partial<Record<DType, string>>;

export type WireDType = keyof typeof DATATYPE_OF;
export type Datatype = (typeof DATATYPE_OF)[WireDType];

export const DATATYPES = Object.values(DATATYPE_OF) as [Datatype, ...Datatype[]];
