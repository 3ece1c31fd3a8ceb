import type { Value } from "../../graph.ts";
import type { InferredTypes } from "../../infer/index.ts";
import { nameText, operatorText, someOf } from "../../label.ts";
import { type OperatorSchema, parameterAt, typeName } from "../../schema/index.ts";
import type { Found, NodeVisit, Rule } from "../rule.ts";

export const valueType: Rule = {
  id: "value-type",
  severity: "error",
  title: "A value of a type that the operator does not take or give",
  remedy: "Put a Cast before it, or mend the type that is declared for the value.",
  node(visit, found, { types }) {
    const { node, schema } = visit;
    if (!schema || schema.deprecated) return;
    // What a type variable stands for in this node, and who said so.
    const bound = new Map<string, { type: string; who: string }>();
    look(visit, schema, "inputs", node.inputs, bound, types, found);
    look(visit, schema, "outputs", node.outputs, bound, types, found);
  },
};

function look(
  { node }: NodeVisit,
  schema: OperatorSchema,
  side: "inputs" | "outputs",
  values: readonly (Value | null)[],
  bound: Map<string, { type: string; who: string }>,
  types: InferredTypes | null,
  found: Found,
): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const parameter = parameterAt(schema[side], index);
    const type = value && typeName(value.type ?? types?.typeOf(value) ?? null);
    if (!value || !type || !parameter) continue;
    const what = `${side === "inputs" ? "input" : "output"} ${index} (${nameText(value.name)}) of ${operatorText(node)}`;
    if (!parameter.allowed.has(type)) {
      found(`The ${what} is ${type}, which is none of ${listed(parameter.allowed, type)}.`, {
        value: value.name,
      });
      continue;
    }
    if (parameter.option === "variadic" && !parameter.homogeneous) continue;
    const before = bound.get(parameter.type);
    if (!before)
      bound.set(parameter.type, { type, who: `${side === "inputs" ? "input" : "output"} ${index}` });
    else if (before.type !== type)
      found(`The ${what} is ${type} where ${before.who} has it as ${before.type}.`, { value: value.name });
  }
}

/** The types of the same kind, or all of them: a tensor is meant where a tensor is given. */
function listed(types: ReadonlySet<string>, like: string): string {
  const kind = like.slice(0, like.indexOf("(") + 1);
  const alike = [...types].filter((type) => type.startsWith(kind));
  return someOf(alike.length > 0 ? alike : [...types], 6);
}
