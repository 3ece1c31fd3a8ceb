import { removeAttribute } from "../../graph/attributes.ts";
import type { Attribute, Node, Value } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import { tensorFromNumbers } from "../../tensor/index.ts";
import type { Step } from "./step.ts";

type Kind = Attribute["kind"];
type Values = { [A in Attribute as A["kind"]]: A["value"] };

/**
 * What an attribute says; undefined where the node does not have it. Refuses where it is of another kind than the operator
 * declares, and where it is a parameter of the function around the node.
 */
export function read<K extends Kind>(node: Node, name: string, kind: K, step: Step): Values[K] | undefined {
  const found = node.attributes.get(name);
  if (!found) return undefined;
  if (found.kind === kind) return found.value as Values[K];
  if (found.kind === "reference") return step.refuse(`its ${name} is a parameter of the function`);
  return step.refuse(`its ${name} is ${found.kind} where ${kind} belongs`);
}

/** Takes an attribute away from its node, and says what it said. */
export function take<K extends Kind>(node: Node, name: string, kind: K, step: Step): Values[K] | undefined {
  const value = read(node, name, kind, step);
  removeAttribute(node, name);
  return value;
}

export function takeInt(node: Node, name: string, step: Step): number | undefined {
  const value = take(node, name, "int", step);
  return value === undefined ? undefined : Number(value);
}

export function readInt(node: Node, name: string, step: Step): number | undefined {
  const value = read(node, name, "int", step);
  return value === undefined ? undefined : Number(value);
}

export function readText(node: Node, name: string, step: Step): string | undefined {
  const value = read(node, name, "string", step);
  return value && new TextDecoder().decode(value);
}

/** int64 of one dimension. */
export function intsConstant(
  node: Node,
  role: string,
  values: readonly (number | bigint)[],
  step: Step,
): Value {
  return step.constant(node, role, tensorFromNumbers("int64", [values.length], values));
}

/** A scalar. Refuses a number that the type does not have. */
export function scalarConstant(node: Node, role: string, dtype: DType, value: number, step: Step): Value {
  return step.constant(node, role, tensorFromNumbers(dtype, [], [value]));
}

/** The list of whole numbers that was an attribute becomes an input: int64, one dimension. */
export function intsToInput(node: Node, name: string, index: number, step: Step): void {
  const found = node.attributes.get(name);
  if (!found) return;
  const value =
    found.kind === "reference"
      ? step.parameter(node, name, "value_ints", found.value)
      : intsConstant(node, name, read(node, name, "ints", step) as readonly bigint[], step);
  removeAttribute(node, name);
  step.setInput(node, index, value);
}
