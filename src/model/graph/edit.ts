import type { LazyTensor } from "../tensor/tensor.ts";
import { attributesOf } from "./attributes.ts";
import type { Attribute, Graph, Model, Node, Value, ValueType } from "./graph.ts";
import { addUse, dropUse, moveUses, outputPlaces, replaceOutput } from "./uses.ts";
import { graphsOf } from "./walk.ts";

/** What a new node is made of; the outputs are new values, or values that have no producer yet. */
export interface NodeSpec {
  readonly op: string;
  /** @default "" (ai.onnx) */
  readonly domain?: string;
  readonly name?: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly (Value | null)[];
  readonly attributes?: ReadonlyMap<string, Attribute> | Readonly<Record<string, Attribute>>;
}

/** Names that no value of the model has, subgraphs and functions included: nothing new ever shadows. */
export class Names {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** @param model whose names are taken; without it none is */
  constructor(model?: Model) {
    for (const graph of model ? graphsOf(model) : [])
      for (const name of graph.values.keys()) this.#taken.add(name);
  }

  /** The hint itself where it is free, else with the next number behind it. */
  fresh(hint: string): string {
    let name = hint;
    for (let count = this.#next.get(hint) ?? 1; name === "" || this.#taken.has(name); count++) {
      name = `${hint}_${count}`;
      this.#next.set(hint, count + 1);
    }
    this.#taken.add(name);
    return name;
  }
}

/** Gives names that no node of the model has, subgraphs and functions included: the runtime takes none twice. */
export function nodeNames(model: Model): (hint: string) => string {
  let taken: Set<string> | null = null;
  const next = new Map<string, number>();
  return (hint) => {
    if (!taken) {
      taken = new Set();
      for (const graph of graphsOf(model)) for (const { name } of graph.nodes) taken.add(name);
    }
    let name = hint;
    for (let count = next.get(hint) ?? 1; taken.has(name); count++) {
      name = `${hint}_${count}`;
      next.set(hint, count + 1);
    }
    taken.add(name);
    return name;
  };
}

/** A value that nothing computes yet. The name must be new in the graph: take it from Names. */
export function addValue(graph: Graph, name: string, type: ValueType | null = null): Value {
  const value: Value = { name, graph, type, producer: null, uses: [], constant: null };
  graph.values.set(name, value);
  return value;
}

/** A constant of the graph (an ONNX initializer). */
export function addConstant(graph: Graph, name: string, constant: LazyTensor): Value {
  const { dtype, shape } = constant;
  const value = addValue(graph, name, { kind: "tensor", dtype, shape });
  value.constant = constant;
  return value;
}

/** Lets an input of a node read another value, or none. The list of inputs grows where it is too short. */
export function setInput(node: Node, index: number, value: Value | null): void {
  const before = node.inputs[index];
  if (before) dropUse(before, node, index);
  while (node.inputs.length < index) node.inputs.push(null);
  node.inputs[index] = value;
  if (value) addUse(value, { node, index });
}

/** All inputs anew. */
export function setInputs(node: Node, values: readonly (Value | null)[]): void {
  node.inputs.forEach((value, index) => {
    if (value) dropUse(value, node, index);
  });
  node.inputs = [...values];
  node.inputs.forEach((value, index) => {
    if (value) addUse(value, { node, index });
  });
}

export function isOutput(value: Value): boolean {
  return outputPlaces(value).length > 0;
}

/** Whether a value still stands in its graph. */
export function isLive(value: Value): boolean {
  return value.graph.values.get(value.name) === value;
}

export function isInput(value: Value): boolean {
  return value.producer === null && value.graph.inputs.includes(value);
}

/** Every node that reads `from`, in subgraphs too, reads `to`. Outputs of the graph are left as they are. */
export function replaceUses(from: Value, to: Value): void {
  if (from !== to) moveUses(from, to);
}

/** Gives a value another name, which must be free in its graph; its place in the graph's order stays as it is. */
export function rename(value: Value, name: string): void {
  const { values } = value.graph;
  if (name === value.name) return;
  values.delete(value.name);
  value.name = name;
  values.set(name, value);
}

/**
 * Puts `to` wherever `from` is read, outputs of the graph included; `from` is then unused. An output keeps its name and its
 * declared type: `to` takes them over, which it can only where it is computed in the same graph and is no output itself.
 * @returns whether it could be done; nothing is changed where it could not
 */
export function substitute(from: Value, to: Value, names: Names): boolean {
  if (from === to) return true;
  if (isOutput(from)) {
    if (to.graph !== from.graph || to.producer === null || isOutput(to)) return false;
    const { name, type, doc, metadata } = from;
    rename(from, names.fresh(`${name}_unused`));
    rename(to, name);
    to.type = type ?? to.type;
    if (doc !== undefined) to.doc = doc;
    if (metadata !== undefined) to.metadata = metadata;
    replaceOutput(from, to);
  }
  replaceUses(from, to);
  return true;
}

/**
 * Changes to the list of nodes of one graph. Values and uses change at once; the list itself is made anew by `commit`, so
 * that any number of changes takes linear time.
 */
export class GraphEdit {
  readonly graph: Graph;
  readonly #before = new Map<Node | null, Node[]>();
  readonly #after = new Map<Node, Node[]>();
  readonly #removed = new Set<Node>();
  #changed = false;

  constructor(graph: Graph) {
    this.graph = graph;
  }

  /** Whether anything was inserted or removed. */
  get changed(): boolean {
    return this.#changed;
  }

  isRemoved(node: Node): boolean {
    return this.#removed.has(node);
  }

  /** A new node before another one of the list (or before one inserted by this edit); null: at the end. */
  insertBefore(anchor: Node | null, spec: NodeSpec): Node {
    return this.#insert(this.#before, anchor, spec);
  }

  /** A new node after another one of the list; several stand in the order in which they were inserted. */
  insertAfter(anchor: Node, spec: NodeSpec): Node {
    return this.#insert(this.#after, anchor, spec);
  }

  #insert<K extends Node | null>(places: Map<K, Node[]>, anchor: K, spec: NodeSpec): Node {
    const { graph } = this;
    const { op, domain = "", name = "", attributes = {} } = spec;
    const node: Node = {
      domain,
      op,
      overload: "",
      name,
      inputs: [...spec.inputs],
      outputs: [...spec.outputs],
      attributes: attributesOf(attributes),
      graph,
    };
    node.inputs.forEach((value, index) => {
      if (value) addUse(value, { node, index });
    });
    for (const value of node.outputs) if (value) value.producer = node;
    this.#put(places, anchor, node);
    return node;
  }

  #put<K extends Node | null>(places: Map<K, Node[]>, anchor: K, node: Node): void {
    const list = places.get(anchor);
    if (list) list.push(node);
    else places.set(anchor, [node]);
    this.#changed = true;
  }

  /** Moves a node of another graph, which the caller drops, here: its values are values of this graph already. */
  moveBefore(anchor: Node | null, node: Node): void {
    node.graph = this.graph;
    this.#put(this.#before, anchor, node);
  }

  /**
   * Takes a node out. Its outputs lose their producer; those that nothing reads and that are no outputs of the graph
   * leave the graph. What its subgraphs read is read no longer.
   */
  remove(node: Node): void {
    if (this.#removed.has(node)) return;
    this.#removed.add(node);
    this.#changed = true;
    unlink(node);
  }

  commit(): void {
    if (!this.#changed) return;
    const nodes: Node[] = [];
    const place = (node: Node) => {
      for (const each of this.#before.get(node) ?? []) place(each);
      if (!this.#removed.has(node)) nodes.push(node);
      for (const each of this.#after.get(node) ?? []) place(each);
    };
    for (const node of this.graph.nodes) place(node);
    for (const node of this.#before.get(null) ?? []) place(node);
    this.graph.nodes = nodes;
    this.#before.clear();
    this.#after.clear();
    this.#removed.clear();
    this.#changed = false;
  }
}

function unlink(node: Node): void {
  node.inputs.forEach((value, index) => {
    if (value) dropUse(value, node, index);
  });
  for (const value of node.outputs) {
    if (!value || value.producer !== node) continue;
    value.producer = null;
    if (value.uses.length === 0 && !isOutput(value)) value.graph.values.delete(value.name);
  }
  for (const attribute of node.attributes.values()) {
    const inner =
      attribute.kind === "graph" ? [attribute.value] : attribute.kind === "graphs" ? attribute.value : [];
    for (const graph of inner) for (const each of graph.nodes) unlink(each);
  }
}

/** Attributes, made short. */
export const attribute = {
  int: (value: number | bigint): Attribute => ({ kind: "int", value: BigInt(value) }),
  ints: (value: readonly (number | bigint)[]): Attribute => ({ kind: "ints", value: value.map(BigInt) }),
  float: (value: number): Attribute => ({ kind: "float", value }),
  floats: (value: readonly number[]): Attribute => ({ kind: "floats", value }),
  string: (value: string): Attribute => ({ kind: "string", value: new TextEncoder().encode(value) }),
  tensor: (value: LazyTensor): Attribute => ({ kind: "tensor", value }),
  graph: (value: Graph): Attribute => ({ kind: "graph", value }),
};

/** An int attribute as a number; the fallback where the node has none. */
export function intOf(node: Node, name: string, fallback: number): number {
  const found = node.attributes.get(name);
  return found?.kind === "int" ? Number(found.value) : fallback;
}

/** An ints attribute as numbers; null where the node has none. */
export function intsOf(node: Node, name: string): number[] | null {
  const found = node.attributes.get(name);
  return found?.kind === "ints" ? found.value.map(Number) : null;
}

export function floatOf(node: Node, name: string, fallback: number): number {
  const found = node.attributes.get(name);
  return found?.kind === "float" ? found.value : fallback;
}

export function stringOf(node: Node, name: string, fallback: string): string {
  const found = node.attributes.get(name);
  return found?.kind === "string" ? new TextDecoder().decode(found.value) : fallback;
}
