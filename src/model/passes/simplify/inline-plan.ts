import { isOutput } from "../../graph/edit.ts";
import type { Attribute, Graph, Model, ModelFunction, Node, Value } from "../../graph/graph.ts";
import { operatorText } from "../../graph/label.ts";
import { schemaOf, schemaVersions } from "../../graph/schema/index.ts";
import { graphsWithin } from "../../graph/walk.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";

/** Functions within functions; each level of a real model is a module of the network. */
const MAX_DEPTH = 64;
/** What all calls together may become: more than any runtime loads, and few enough to be made within a second. */
const MAX_NODES = 100_000;
/** Names and attributes of these nodes; large constants are shared by all calls and do not count. */
const MAX_BYTES = 64 * 1024 * 1024;
/** A node without names and attributes, as a file holds it. */
const NODE_BYTES = 16;

/** Which functions of a model give way to what they are made of. */
export interface InlinePlan {
  /** The function that a node calls, where it is one of these. */
  calledBy(node: Node): ModelFunction | undefined;
  /** Operator sets that the model must import for their nodes. */
  readonly imports: ReadonlyMap<string, number>;
  /** Calls of the main graph that stay, by the function, with the reason. */
  readonly left: readonly string[];
}

interface Entry {
  readonly function: ModelFunction;
  readonly calls: ReadonlyMap<string, number>;
  /** Why it stays a function; null where it does not. */
  reason: string | null;
  /** Of the whole, functions within included. */
  nodes: number;
  bytes: number;
  depth: number;
}

export function planInlining(model: Model): InlinePlan {
  const imports = new Map(model.opsets);
  const entries = new Map<string, Entry>();
  for (const each of model.functions)
    entries.set(keyOf(each.domain, each.name, each.overload), entryOf(each));
  const isKnown = (key: string) => entries.has(key);
  for (const [key, entry] of entries) {
    entries.set(key, { ...entry, calls: callsIn(entry.function.graph, isKnown) });
  }
  const mainCalls = callsIn(model.graph, isKnown);
  for (const entry of calleesFirst(mainCalls, entries)) weigh(entry, entries, imports);
  let [nodes, bytes] = [0, 0];
  const left = new Set<string>();
  for (const [key, times] of mainCalls) {
    const entry = entries.get(key) as Entry;
    if (entry.reason !== null) left.add(`${nameOf(entry.function)} stays a function: ${entry.reason}`);
    else [nodes, bytes] = [nodes + times * entry.nodes, bytes + times * entry.bytes];
  }
  const isTooLarge = nodes > MAX_NODES || bytes > MAX_BYTES;
  if (isTooLarge) left.add("functions stay: written out, the model would be too large");
  return {
    calledBy(node) {
      const entry = isTooLarge ? undefined : entries.get(keyOf(node.domain, node.op, node.overload));
      return entry?.reason === null ? entry.function : undefined;
    },
    imports,
    left: [...left],
  };
}

function entryOf(of: ModelFunction): Entry {
  return { function: of, calls: new Map(), reason: null, nodes: 0, bytes: 0, depth: 1 };
}

/** How often a graph, and those within it, call each function. */
function callsIn(graph: Graph, isKnown: (key: string) => boolean): Map<string, number> {
  const calls = new Map<string, number>();
  for (const { nodes } of graphsWithin(graph)) {
    for (const { domain, op, overload } of nodes) {
      const key = keyOf(domain, op, overload);
      if (isKnown(key)) calls.set(key, (calls.get(key) ?? 0) + 1);
    }
  }
  return calls;
}

/** What the main graph calls, directly or not, each before those that call it; one that calls itself stays a function. */
function* calleesFirst(
  main: ReadonlyMap<string, number>,
  entries: ReadonlyMap<string, Entry>,
): Generator<Entry> {
  const done = new Set<Entry>();
  const open = new Set<Entry>();
  // With a stack of its own: how deep functions call each other is the file's choice.
  const stack = [...main.keys()].map((key) => entries.get(key) as Entry);
  for (let entry = stack.at(-1); entry; entry = stack.at(-1)) {
    const isFirst = !open.has(entry) && !done.has(entry);
    if (isFirst) {
      open.add(entry);
      for (const key of entry.calls.keys()) {
        const callee = entries.get(key) as Entry;
        if (open.has(callee)) callee.reason = "it calls itself";
        else if (!done.has(callee)) stack.push(callee);
      }
      continue;
    }
    stack.pop();
    if (done.has(entry)) continue;
    open.delete(entry);
    done.add(entry);
    yield entry;
  }
}

function weigh(entry: Entry, entries: ReadonlyMap<string, Entry>, imports: Map<string, number>): void {
  entry.reason ??= obstacle(entry, entries, imports);
  for (const graph of graphsWithin(entry.function.graph)) {
    const shared = sharedConstants(graph);
    entry.nodes += graph.nodes.length;
    entry.bytes += NODE_BYTES * (graph.inputs.length + graph.outputs.length);
    for (const node of graph.nodes) entry.bytes += bytesOf(node, shared);
    for (const value of graph.values.values())
      if (value.constant && !shared.has(value)) entry.bytes += value.constant.byteLength;
  }
  for (const [key, times] of entry.calls) {
    const callee = entries.get(key) as Entry;
    entry.nodes += times * callee.nodes;
    entry.bytes += times * callee.bytes;
    entry.depth = Math.max(entry.depth, callee.depth + 1);
  }
  if (entry.depth > MAX_DEPTH) entry.reason ??= `it calls others ${entry.depth} deep`;
}

/** Why a function cannot stand in place of its calls, but for its depth. */
function obstacle(
  { function: of, calls }: Entry,
  entries: ReadonlyMap<string, Entry>,
  imports: Map<string, number>,
): string | null {
  const { domain, name, graph } = of;
  // Runtimes do not agree on which of the two is meant.
  if (schemaVersions(domain, name).length > 0) return "its name is an operator's";
  for (const key of calls.keys()) {
    const callee = entries.get(key) as Entry;
    if (callee.reason !== null) return `it calls ${nameOf(callee.function)}`;
  }
  const inputs = new Set(graph.inputs);
  const known = (value: (typeof graph.inputs)[number]) =>
    value.producer || value.constant || inputs.has(value);
  if (!graph.outputs.every(known)) return "an output of it is not computed";
  const needed = new Map<string, number>();
  for (const within of graphsWithin(graph)) {
    for (const node of within.nodes) {
      for (const input of node.inputs)
        if (input?.graph === graph && !known(input)) return "it reads what is not computed";
      if (entries.has(keyOf(node.domain, node.op, node.overload))) continue;
      const problem = operatorProblem(node, of, imports, needed);
      if (problem) return problem;
    }
  }
  for (const [set, version] of needed) imports.set(set, version);
  return null;
}

/** An operator must mean in the model what it means in the function. */
function operatorProblem(
  node: Node,
  { opsets }: ModelFunction,
  imports: ReadonlyMap<string, number>,
  needed: Map<string, number>,
): string | null {
  const domain = node.domain === "ai.onnx" ? "" : node.domain;
  const own = opsets.get(domain);
  const outer = imports.get(domain);
  if (own === undefined) return `it imports no operator set for ${operatorText(node)}`;
  if (own === outer) return null;
  if (outer === undefined) {
    needed.set(domain, own);
    return null;
  }
  const schema = schemaOf(domain, node.op, own);
  if (schema && schema === schemaOf(domain, node.op, outer)) return null;
  return `${operatorText(node)} is of opset ${own} in it, and of ${outer} in the model (--opset brings both to one)`;
}

/** Constants of a graph that all copies of it can share, as initializers of the model: no inputs or outputs of the graph. */
export function sharedConstants(graph: Graph): ReadonlyMap<Value, LazyTensor> {
  const shared = new Map<Value, LazyTensor>();
  const inputs = new Set(graph.inputs);
  for (const value of graph.values.values()) {
    const tensor = value.producer ? heldBy(value.producer) : value.constant;
    if (tensor && !inputs.has(value) && !isOutput(value)) shared.set(value, tensor);
  }
  return shared;
}

/** Whether a node only makes a shared constant. */
export function isShared({ outputs }: Node, shared: ReadonlyMap<Value, LazyTensor>): boolean {
  const [output] = outputs;
  return output !== null && output !== undefined && shared.has(output);
}

function heldBy({ domain, op, attributes }: Node): LazyTensor | null {
  if (domain !== "" || op !== "Constant" || attributes.size !== 1) return null;
  const held = attributes.get("value");
  return held?.kind === "tensor" ? held.value : null;
}

function bytesOf(node: Node, shared: ReadonlyMap<Value, LazyTensor>): number {
  const { name, doc = "", inputs, outputs, attributes, metadata, unknown } = node;
  if (isShared(node, shared)) return 0;
  let bytes = NODE_BYTES + name.length + doc.length + (unknown?.byteLength ?? 0);
  for (const value of [...inputs, ...outputs]) bytes += value?.name.length ?? 0;
  for (const [key, attribute] of attributes) bytes += key.length + attributeBytes(attribute);
  for (const [key, text] of metadata ?? []) bytes += key.length + text.length;
  return bytes;
}

/** Graphs are counted by their nodes. */
function attributeBytes({ kind, value }: Attribute): number {
  if (kind === "string") return value.byteLength;
  if (kind === "strings") return value.reduce((sum, each) => sum + each.byteLength, 0);
  if (kind === "ints" || kind === "floats") return 8 * value.length;
  if (kind === "tensor") return value.byteLength;
  if (kind === "tensors") return value.reduce((sum, each) => sum + each.byteLength, 0);
  if (kind === "sparse") return value.values.byteLength + value.indices.byteLength;
  return 8;
}

function nameOf({ domain, name }: ModelFunction): string {
  return operatorText({ domain, op: name });
}

function keyOf(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain === "ai.onnx" ? "" : domain, name, overload]);
}
