import type { Model, Value, ValueType } from "../graph/graph.ts";
import { type Elements, type Extent, inferTypes } from "../graph/infer/index.ts";
import type { DType } from "../tensor/dtype.ts";

/** What is known of the values of a model while passes change it: only what is certain, the rest is null. */
export interface Types {
  typeOf(value: Value): ValueType | null;
  dtypeOf(value: Value): DType | null;
  /** Lengths that can be compared and computed with; null where the rank is unknown. */
  shapeOf(value: Value): readonly Extent[] | null;
  /** Contents of a small tensor of rank 0 or 1; null for elements that are unknown. */
  knownOf(value: Value): Elements | null;
  /** Says what a new value is, until types are next worked out. */
  set(value: Value, dtype: DType | null, shape: readonly Extent[] | null): void;
}

/** Types, and what passes say of the values that they make. @throws what reading the model's small constants throws */
export async function workOutTypes(model: Model, signal?: AbortSignal): Promise<Types> {
  const options = { derived: false, declaredShapes: false };
  const inferred = await inferTypes(model, signal ? { ...options, signal } : options);
  const made = new Map<Value, { dtype: DType | null; shape: readonly Extent[] | null }>();
  const types = new Map<Value, ValueType | null>();
  const typeOf = (value: Value) => {
    let type = types.get(value);
    if (type === undefined) {
      type = inferred.typeOf(value);
      types.set(value, type);
    }
    return type;
  };
  const dtypeIn = (type: ValueType | null) => (type?.kind === "tensor" ? type.dtype : null);
  return {
    typeOf(value) {
      const own = made.get(value);
      if (own?.dtype) {
        const shape = own.shape?.map((dim) => (typeof dim === "number" ? dim : null)) ?? null;
        return { kind: "tensor", dtype: own.dtype, shape };
      }
      return typeOf(value);
    },
    dtypeOf: (value) =>
      made.get(value)?.dtype ?? value.constant?.dtype ?? dtypeIn(inferred.bareTypeOf(value)),
    shapeOf: (value) => made.get(value)?.shape ?? value.constant?.shape ?? inferred.shapeOf(value),
    knownOf: (value) => inferred.knownOf(value),
    set(value, dtype, shape) {
      made.set(value, { dtype, shape });
    },
  };
}
