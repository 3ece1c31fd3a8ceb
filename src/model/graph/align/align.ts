import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Graph, Model, Node, Value } from "../graph.ts";
import { alignAcross } from "./across.ts";
import { constantKind, operatorOf } from "./keys.ts";
import { matchNodes } from "./match.ts";
import { type Common, sideOf } from "./side.ts";

/** Which parts of one model are which of another. What is in neither map was removed, or added. */
export interface Alignment {
  /** By the first model's nodes and values; nodes that hold constants are left out. */
  readonly nodes: ReadonlyMap<Node, Node>;
  readonly values: ReadonlyMap<Value, Value>;
  /** The same from the other side. */
  readonly nodesBack: ReadonlyMap<Node, Node>;
  readonly valuesBack: ReadonlyMap<Value, Value>;
}

/**
 * Finds out which node of one model is which of another, by what they compute: it survives other names, another order of
 * nodes, and nodes that were inserted or taken out. Weights count by type and shape only, so that a model trained further
 * is the same graph. Takes time in proportion to the graphs' size.
 * @param contents what `contentsOf` tells of both models: decides between nodes that are alike in all else
 */
export function alignModels(
  a: Model,
  b: Model,
  contents: ReadonlyMap<LazyTensor, number> = new Map(),
): Alignment {
  const found: Found = {
    nodes: new Map(),
    values: new Map(),
    nodesBack: new Map(),
    valuesBack: new Map(),
    pairs: new Map(),
  };
  const waiting: [Graph, Graph][] = [];
  const functions = new Map(b.functions.map((each) => [functionKey(each), each.graph]));
  for (const each of a.functions) {
    const other = functions.get(functionKey(each));
    if (other) waiting.push([each.graph, other]);
  }
  waiting.push([a.graph, b.graph]);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const inner of alignGraphs(...next, found, contents)) waiting.push(inner);
  }
  alignAcross(a, b, {
    left: [found.nodes, found.values],
    right: [found.nodesBack, found.valuesBack],
    pairNodes(one, other) {
      pairNodes(found, one, other);
      pairConstants(found, one, other);
    },
    pairConstants: (one, other) => pairValues(found, one, other),
  });
  return found;
}

function pairNodes(found: Found, node: Node, other: Node): void {
  found.nodes.set(node, other);
  found.nodesBack.set(other, node);
  for (let k = 0; k < node.outputs.length; k++) pairValues(found, node.outputs[k], other.outputs[k]);
}

interface Found {
  readonly nodes: Map<Node, Node>;
  readonly values: Map<Value, Value>;
  readonly nodesBack: Map<Node, Node>;
  readonly valuesBack: Map<Value, Value>;
  /** A number for pairs of values, by either of the two: of inputs, and of graphs that have others inside. */
  readonly pairs: Map<Value, number>;
}

/** @returns the subgraphs that belong together since their nodes do */
function alignGraphs(
  left: Graph,
  right: Graph,
  found: Found,
  contents: ReadonlyMap<LazyTensor, number>,
): [Graph, Graph][] {
  pairInputs(left, right, found);
  for (const input of left.inputs) {
    const other = found.values.get(input);
    if (other) numberPair(found, input, other);
  }
  const common: Common = { pairs: found.pairs, outputs: outputPairs(left, right), contents };
  const [a, b] = [sideOf(left, common), sideOf(right, common)];
  const matching = matchNodes(a, b);
  const inner: [Graph, Graph][] = [];
  for (const [i, node] of a.nodes.entries()) {
    const other = b.nodes[matching.left[i] as number];
    if (!other) continue;
    pairNodes(found, node, other);
    for (const each of innerPairs(node, other)) inner.push(each);
  }
  for (const [i, node] of a.nodes.entries()) {
    const other = b.nodes[matching.left[i] as number];
    if (other) pairConstants(found, node, other);
  }
  pairNames(found, left, right);
  if (inner.length > 0) {
    for (const value of left.values.values()) {
      const other = found.values.get(value);
      if (other && !found.pairs.has(value)) numberPair(found, value, other);
    }
  }
  return inner;
}

function pairValues(found: Found, a: Value | null | undefined, b: Value | null | undefined): void {
  if (!a || !b || found.values.has(a) || found.valuesBack.has(b)) return;
  found.values.set(a, b);
  found.valuesBack.set(b, a);
}

function numberPair({ pairs }: Found, a: Value, b: Value): void {
  const number = pairs.size;
  pairs.set(a, number);
  pairs.set(b, number);
}

/** Inputs of one name; then what is left, in order. */
function pairInputs(left: Graph, right: Graph, found: Found): void {
  const named = new Map(right.inputs.map((value) => [value.name, value]));
  for (const value of left.inputs) pairValues(found, value, named.get(value.name));
  const rest = right.inputs.filter((value) => !found.valuesBack.has(value)).values();
  for (const value of left.inputs) {
    if (!found.values.has(value)) pairValues(found, value, rest.next().value);
  }
}

/** Numbers for outputs of one name; then for what is left, in order. */
function outputPairs(left: Graph, right: Graph): Map<Value, number[]> {
  const numbers = new Map<Value, number[]>();
  const add = (value: Value, number: number) => {
    const known = numbers.get(value);
    if (known) known.push(number);
    else numbers.set(value, [number]);
  };
  const open = new Map(right.outputs.map((value) => [value.name, value]));
  const rest: Value[] = [];
  let count = 0;
  for (const value of left.outputs) {
    const other = open.get(value.name);
    if (!other) {
      rest.push(value);
      continue;
    }
    open.delete(value.name);
    add(value, count);
    add(other, count++);
  }
  const others = open.values();
  for (const value of rest) {
    const other = others.next().value;
    add(value, count);
    if (other) add(other, count);
    count++;
  }
  return numbers;
}

/** Constants that are read at the same place of the same node. */
function pairConstants(found: Found, node: Node, other: Node): void {
  if (operatorOf(node) !== operatorOf(other)) return;
  for (let i = 0; i < node.inputs.length; i++) {
    const [value, twin] = [node.inputs[i], other.inputs[i]];
    if (value && twin && constantKind(value) !== null && constantKind(twin) !== null)
      pairValues(found, value, twin);
  }
}

/** What has no pair yet but a name that both graphs know. */
function pairNames(found: Found, left: Graph, right: Graph): void {
  for (const value of left.values.values()) {
    if (!found.values.has(value)) pairValues(found, value, right.values.get(value.name));
  }
}

function innerPairs(a: Node, b: Node): [Graph, Graph][] {
  const pairs: [Graph, Graph][] = [];
  for (const [name, one] of a.attributes) {
    const other = b.attributes.get(name);
    if (one.kind === "graph" && other?.kind === "graph") pairs.push([one.value, other.value]);
    if (one.kind !== "graphs" || other?.kind !== "graphs") continue;
    for (const [i, graph] of one.value.entries()) {
      const twin = other.value[i];
      if (twin) pairs.push([graph, twin]);
    }
  }
  return pairs;
}

function functionKey({ domain, name, overload }: Model["functions"][number]): string {
  return `${domain}\0${name}\0${overload}`;
}
