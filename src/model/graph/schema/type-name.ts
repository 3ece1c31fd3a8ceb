import { DTYPES, type DType } from "../../tensor/dtype.ts";
import type { ValueType } from "../graph.ts";

/** Element types whose ONNX name is another than ours (onnx.proto, TensorProto.DataType, in lower case). */
const OTHER_NAMES: Readonly<Partial<Record<DType, string>>> = {
  float32: "float",
  float64: "double",
};

/** The name of an element type as operator schemas write it: "float", "double", "int64". */
export function elementName(dtype: DType): string {
  return OTHER_NAMES[dtype] ?? dtype;
}

const named = (write: (element: string) => string) =>
  new Map((Object.keys(DTYPES) as DType[]).map((dtype) => [dtype, write(elementName(dtype))]));

/** Those of tensors are asked for a million times: a text that was made before is found in a set in no time. */
const TENSORS = named((element) => `tensor(${element})`);
const SPARSE = named((element) => `sparse_tensor(${element})`);

/**
 * A type as operator schemas write it, without spaces and shapes: "tensor(float)", "seq(tensor(int64))",
 * "optional(seq(tensor(float)))", "map(string,float)". Null where part of it is unknown.
 */
export function typeName(type: ValueType | null): string | null {
  if (type === null) return null;
  switch (type.kind) {
    case "tensor":
      return TENSORS.get(type.dtype) ?? null;
    case "sparse":
      return SPARSE.get(type.dtype) ?? null;
    case "map": {
      // Schemas write the values of a map without "tensor", files declare tensors.
      if (type.value?.kind === "tensor")
        return `map(${elementName(type.key)},${elementName(type.value.dtype)})`;
      const value = typeName(type.value);
      return value && `map(${elementName(type.key)},${value})`;
    }
    case "opaque":
      return `opaque(${type.domain},${type.name})`;
    default: {
      const element = typeName(type.element);
      return element && `${type.kind === "sequence" ? "seq" : "optional"}(${element})`;
    }
  }
}
