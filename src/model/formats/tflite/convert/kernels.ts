import type { DType } from "../../../tensor/dtype.ts";
import { refuse } from "./refusal.ts";

/**
 * Element types that kernels of ONNX Runtime's CPU provider take (1.30, ai.onnx 21). What is of another type is computed in a
 * wider one that holds every value of it.
 */
const REAL = ["float32", "float64", "float16"] as const;
export const KERNELS = {
  /** Functions of real numbers: Exp, Sqrt, Sin and the like. */
  real: REAL,
  /** Add, Sub, Mul, Div, Mod, Abs, Sign, and comparisons. */
  numbers: [...REAL, "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"],
  /** Add and the like, and then Clip or Relu. */
  clipped: [...REAL, "int8", "uint8", "int32", "uint32", "int64", "uint64"],
  /** Max, Min. */
  ordered: [...REAL, "int8", "uint8", "int32", "uint32", "int64", "uint64"],
  /** Equal. */
  equal: [
    ...REAL,
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "bool",
    "string",
  ],
  /** Neg. */
  signed: [...REAL, "int8", "int16", "int32", "int64"],
  /** Where. */
  chosen: [...REAL, "uint8", "int32", "int64", "string"],
  /** Pow, CumSum, ReduceSum, ReduceMean, ReduceProd. */
  summed: [...REAL, "int32", "int64"],
  /** ReduceMax, ReduceMin. */
  extreme: [...REAL, "int8", "uint8", "int32", "int64", "bool"],
  /** ArgMax, ArgMin. */
  ranked: [...REAL, "int8", "uint8", "int32", "int64"],
} as const satisfies Record<string, readonly DType[]>;

/** Types that hold every value of a type, the smallest first. */
const WIDER: Readonly<Partial<Record<DType, readonly DType[]>>> = {
  bool: ["uint8", "int32", "int64"],
  int8: ["int16", "int32", "int64", "float32"],
  uint8: ["int16", "int32", "int64", "float32"],
  int16: ["int32", "int64", "float32"],
  uint16: ["int32", "int64", "float32"],
  int32: ["int64", "float64"],
  uint32: ["int64", "float64"],
  float16: ["float32"],
  bfloat16: ["float32"],
  float32: ["float64"],
};

/** The type in which kernels of some types compute with numbers of a type. @throws Refusal where there is none */
export function computedIn(dtype: DType, kernels: readonly DType[]): DType {
  const found = [dtype, ...(WIDER[dtype] ?? [])].find((each) => kernels.includes(each));
  if (found === undefined) throw refuse(`its numbers are ${dtype}`);
  return found;
}
