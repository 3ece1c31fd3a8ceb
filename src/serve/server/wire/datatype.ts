import type { DType } from "../../../model/tensor/dtype.ts";
import type { Dim } from "../../../model/tensor/tensor.ts";
import { DATATYPE_OF, type WireDType } from "../../api/datatypes.ts";

export function hasDatatype(dtype: DType): dtype is WireDType {
  return Object.hasOwn(DATATYPE_OF, dtype);
}

/** What metadata says: the protocol's name; BF16, as Triton says, or our own in capitals where it has none. */
export function datatypeName(dtype: DType): string {
  if (dtype === "bfloat16") return "BF16";
  return hasDatatype(dtype) ? DATATYPE_OF[dtype] : dtype.toUpperCase();
}

/** A shape as metadata says it, -1 for every open dimension; of an unknown rank nothing better than [-1] can be said. */
export function wireShape(shape: readonly Dim[] | null): number[] {
  return shape === null ? [-1] : shape.map((dim) => (typeof dim === "number" ? dim : -1));
}
