import type { Model, Node, Value } from "../graph.ts";
import { graphsOf } from "../walk.ts";
import { constantKind, isConstant, operatorOf } from "./keys.ts";

/** What is paired on one side. */
type Paired = readonly [nodes: ReadonlyMap<Node, Node>, values: ReadonlyMap<Value, Value>];

/** What is in no pair yet. */
export interface Open {
  readonly left: Paired;
  readonly right: Paired;
  pairNodes(a: Node, b: Node): void;
  pairConstants(a: Value, b: Value): void;
}

/**
 * Pairs what stands in another graph than before, since a branch became part of the graph around it or the other way round:
 * nodes of one operator and constants of one kind, by names that occur once on each side.
 */
export function alignAcross(a: Model, b: Model, { left, right, pairNodes, pairConstants }: Open): void {
  let [restA, restB] = [restOf(() => nodesOf(a), left[0]), restOf(() => nodesOf(b), right[0])];
  const keys = [
    (node: Node) => node.outputs.find((value) => value !== null)?.name ?? "",
    (node: Node) => node.name,
  ];
  for (const keyOf of keys) {
    const key = (node: Node) => (keyOf(node) === "" ? null : `${operatorOf(node)}\0${keyOf(node)}`);
    for (const [one, other] of pairs(restA, restB, key)) pairNodes(one, other);
    [restA, restB] = [unpaired(restA, left[0]), unpaired(restB, right[0])];
  }
  const key = (value: Value) => {
    const kind = constantKind(value);
    return kind === null ? null : `${kind}\0${value.name}`;
  };
  const [valuesA, valuesB] = [restOf(() => valuesOf(a), left[1]), restOf(() => valuesOf(b), right[1])];
  for (const [one, other] of pairs(valuesA, valuesB, key)) pairConstants(one, other);
}

function* nodesOf(model: Model): Generator<Node> {
  for (const { nodes } of graphsOf(model)) for (const node of nodes) if (!isConstant(node)) yield node;
}

function* valuesOf(model: Model): Generator<Value> {
  for (const { values } of graphsOf(model)) yield* values.values();
}

/** What is in no pair of all that a model has: mostly nothing, and counting takes less than looking each up. */
function restOf<T>(parts: () => Iterable<T>, paired: ReadonlyMap<T, T>): T[] {
  let count = 0;
  for (const _ of parts()) count++;
  return count === paired.size ? [] : unpaired(parts(), paired);
}

function unpaired<T>(parts: Iterable<T>, paired: ReadonlyMap<T, T>): T[] {
  const found: T[] = [];
  for (const part of parts) if (!paired.has(part)) found.push(part);
  return found;
}

/** Parts that are the only ones with their key on both sides. */
function pairs<T>(left: readonly T[], right: readonly T[], keyOf: (part: T) => string | null): [T, T][] {
  if (left.length === 0 || right.length === 0) return [];
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
