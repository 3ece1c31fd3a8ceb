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
    // What the type variables stand for in this node, and who said so: two or three at most.
    const bound: Bound[] = [];
    look(visit, schema, "inputs", node.inputs, bound, types, found);
    look(visit, schema, "outputs", node.outputs, bound, types, found);
  },
};

interface Bound {
  readonly variable: string;
  readonly type: string;
  readonly side: Side;
  readonly index: number;
}

type Side = "inputs" | "outputs";

function look(
  visit: NodeVisit,
  schema: OperatorSchema,
  side: Side,
  values: readonly (Value | null)[],
  bound: Bound[],
  types: InferredTypes | null,
  found: Found,
): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const parameter = parameterAt(schema[side], index);
    const type = value && typeName(value.type ?? types?.bareTypeOf(value) ?? null);
    if (!value || !type || !parameter) continue;
    if (!parameter.allowed.has(type)) {
      const what = whatIs(value, side, index, visit);
      found(`The ${what} is ${type}, which is none of ${listed(parameter.allowed, type)}.`, {
        value: value.name,
      });
      continue;
    }
    if (parameter.option === "variadic" && !parameter.homogeneous) continue;
    const before = boundTo(parameter.type, bound);
    if (!before) bound.push({ variable: parameter.type, type, side, index });
    else if (before.type !== type) {
      const [what, who] = [whatIs(value, side, index, visit), whoIs(before.side, before.index)];
      found(`The ${what} is ${type} where ${who} has it as ${before.type}.`, { value: value.name });
    }
  }
}

function boundTo(variable: string, bound: readonly Bound[]): Bound | null {
  for (let i = 0; i < bound.length; i++) if (bound[i]?.variable === variable) return bound[i] as Bound;
  return null;
}

function whatIs({ name }: Value, side: Side, index: number, { node }: NodeVisit): string {
  return `${whoIs(side, index)} (${nameText(name)}) of ${operatorText(node)}`;
}

function whoIs(side: Side, index: number): string {
  return `${side === "inputs" ? "input" : "output"} ${index}`;
}

/** The types of the same kind, or all of them: a tensor is meant where a tensor is given. */
function listed(types: ReadonlySet<string>, like: string): string {
  const kind = like.slice(0, like.indexOf("(") + 1);
  const alike = [...types].filter((type) => type.startsWith(kind));
  return someOf(alike.length > 0 ? alike : [...types], 6);
}
