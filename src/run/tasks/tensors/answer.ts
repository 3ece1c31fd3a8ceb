import type { DType, Tensors } from "../../../model/tensor/index.ts";
import { shown32 } from "../scores.ts";
import { jsonValues, nest } from "./values.ts";

/** One tensor of the answer. */
export interface NamedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Nested lists of the shape; the bare value for a scalar. */
  readonly data: unknown;
}

/** Types whose numbers are answered with the digits that they hold, not with those of the double they become here. */
const SHORT: ReadonlySet<DType> = new Set<DType>(["float32", "float16", "bfloat16", "complex64"]);

/** The task's answer: every output by its name. */
export function toAnswer(outputs: Tensors): Record<string, NamedTensor> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const { dtype, shape } = tensor;
      const values = jsonValues(tensor);
      const shown = SHORT.has(dtype)
        ? values.map((each) => (typeof each === "number" ? shown32(each) : each))
        : values;
      return [name, { dtype, shape, data: nest(shown, shape) }];
    }),
  );
}
