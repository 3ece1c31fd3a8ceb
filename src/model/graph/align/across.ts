import type { Model, Node, Value } from "../graph.ts";
import { graphsOf } from "../walk.ts";
import { constantKind, isConstant, operatorOf } from "./keys.ts";

/** What is in no pair yet. */
export interface Open {
  isPaired(part: Node | Value): boolean;
  pairNodes(a: Node, b: Node): void;
  pairConstants(a: Value, b: Value): void;
}

/**
 * Pairs what stands in another graph than before, since a branch became part of the graph around it or the other way round:
 * nodes of one operator and constants of one kind, by names that occur once on each side.
 */
export function alignAcross(a: Model, b: Model, open: Open): void {
  const keys = [
    (node: Node) => node.outputs.find((value) => value !== null)?.name ?? "",
    (node: Node) => node.name,
  ];
  for (const keyOf of keys) {
    const key = (node: Node) => (keyOf(node) === "" ? null : `${operatorOf(node)}\0${keyOf(node)}`);
    for (const [one, other] of pairs(unpaired(nodesOf(a), open), unpaired(nodesOf(b), open), key)) {
      open.pairNodes(one, other);
    }
  }
  const key = (value: Value) => {
    const kind = constantKind(value);
    return kind === null ? null : `${kind}\0${value.name}`;
  };
  for (const [one, other] of pairs(unpaired(valuesOf(a), open), unpaired(valuesOf(b), open), key)) {
    open.pairConstants(one, other);
  }
}

function* nodesOf(model: Model): Generator<Node> {
  for (const { nodes } of graphsOf(model)) for (const node of nodes) if (!isConstant(node)) yield node;
}

function* valuesOf(model: Model): Generator<Value> {
  for (const { values } of graphsOf(model)) yield* values.values();
}

function* unpaired<T extends Node | Value>(parts: Iterable<T>, open: Open): Generator<T> {
  for (const part of parts) if (!open.isPaired(part)) yield part;
}

/** Parts that are the only ones with their key on both sides. */
function pairs<T>(left: Iterable<T>, right: Iterable<T>, keyOf: (part: T) => string | null): [T, T][] {
  const [one, other] = [unique(left, keyOf), unique(right, keyOf)];
  const found: [T, T][] = [];
  for (const [key, part] of one) {
    const twin = other.get(key);
    if (part && twin) found.push([part, twin]);
  }
  return found;
}

function unique<T>(parts: Iterable<T>, keyOf: (part: T) => string | null): Map<string, T | null> {
  const found = new Map<string, T | null>();
  for (const part of parts) {
    const key = keyOf(part);
    if (key !== null) found.set(key, found.has(key) ? null : part);
  }
  return found;
}
