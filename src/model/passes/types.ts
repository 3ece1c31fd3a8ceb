import type { Model, Value, ValueType } from "../graph/graph.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Dim } from "../tensor/tensor.ts";

/** What is known of the values of a model while passes change it. Only what is certain: an unknown is null. */
export interface Types {
  typeOf(value: Value): ValueType | null;
  /** Says what a new value is, until types are next worked out. */
  set(value: Value, type: ValueType | null): void;
}

export async function workOutTypes(_model: Model): Promise<Types> {
  const added = new Map<Value, ValueType>();
  return {
    typeOf: (value) => added.get(value) ?? value.type,
    set(value, type) {
      if (type) added.set(value, type);
    },
  };
}

export function shapeOf(type: ValueType | null): readonly Dim[] | null {
  return type?.kind === "tensor" ? type.shape : null;
}

export function dtypeOf(type: ValueType | null): DType | null {
  return type?.kind === "tensor" ? type.dtype : null;
}
