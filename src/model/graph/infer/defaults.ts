import { DTYPES, type DType } from "../../tensor/dtype.ts";
import { elementName, type OperatorSchema, parameterAt } from "../schema/index.ts";
import type { Fact, Type } from "./fact.ts";

const BY_NAME: ReadonlyMap<string, DType> = new Map(
  (Object.keys(DTYPES) as DType[]).map((dtype) => [`tensor(${elementName(dtype)})`, dtype] as const),
);

/**
 * What the operator's schema says of an output: the type of an input with the same type variable, or the only type that
 * it may have. Shapes are the business of rules: here they are unknown.
 */
export function defaultType(
  schema: OperatorSchema,
  inputs: readonly (Fact | null)[],
  index: number,
): Type | null {
  const output = parameterAt(schema.outputs, index);
  if (!output) return null;
  if (output.allowed.size === 1) {
    const [only = ""] = output.allowed;
    const dtype = BY_NAME.get(only);
    if (dtype) return { kind: "tensor", dtype, shape: null };
  }
  for (const [at, fact] of inputs.entries()) {
    const input = parameterAt(schema.inputs, at);
    if (!fact?.type || input?.type !== output.type || (input.option === "variadic" && !input.homogeneous))
      continue;
    const bare = withoutShape(fact.type);
    if (bare) return bare;
  }
  return null;
}

function withoutShape(type: Type | null): Type | null {
  if (!type) return null;
  if ("shape" in type) return type.dtype ? { ...type, shape: null } : null;
  if ("element" in type) return { kind: type.kind, element: withoutShape(type.element) };
  return type;
}
