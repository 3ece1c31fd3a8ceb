import { fail } from "../../../base/errors/index.ts";
import { appended } from "../../graph/append.ts";
import { NO_ATTRIBUTES } from "../../graph/attributes.ts";
import type { Graph, Node, Value } from "../../graph/graph.ts";
import { type Cursor, Spans } from "../../wire/protobuf.ts";
import { find, readAnnotation, readDevices } from "./annotation.ts";
import { type AttributeScope, readAttribute } from "./attribute.ts";
import { readEntry, Unknown, unknownOf } from "./proto.ts";
import type { Context } from "./tensor.ts";
import { addConstant, addSparse, describe, nameOf, readValueInfo, valueNamed } from "./value.ts";

/** Graphs within graphs; real models stay below ten. */
const MAX_SUBGRAPHS = 50;
/** A node takes about a kilobyte: four million fit into Node's default heap on a machine of 8 GB. */
const MAX_NODES = 4_000_000;

/** The graphs around a node, the innermost last; nodes are counted over all of them. */
export interface Scope {
  readonly graphs: readonly Graph[];
  readonly count: { nodes: number };
}

/** GraphProto with its subgraphs. Values of outer graphs are joined to the nodes that read them. */
export function readGraph(cursor: Cursor, context: Context, outer: Scope): Graph {
  if (outer.graphs.length >= MAX_SUBGRAPHS)
    throw cursor.damaged(`graphs nested deeper than ${MAX_SUBGRAPHS}`);
  const parent = outer.graphs.at(-1) ?? null;
  const graph: Graph = { name: "", inputs: [], outputs: [], nodes: [], values: new Map(), parent };
  const scope: Scope = { ...outer, graphs: [...outer.graphs, graph] };
  // Whatever their order in the file: constants first, then what is declared, and then the nodes that name it.
  const [nodes, constants, inputs, outputs] = [new Spans(), new Spans(), new Spans(), new Spans()];
  const [infos, annotations, sparse] = [new Spans(), new Spans(), new Spans()];
  const parts: Record<number, Spans> = {
    1: nodes,
    5: constants,
    11: inputs,
    12: outputs,
    13: infos,
    14: annotations,
    15: sparse,
  };
  const unknown = new Unknown();
  while (cursor.next()) {
    const { field } = cursor;
    const list = parts[field];
    if (cursor.wire !== 2) unknown.keep(cursor);
    else if (list) list.add(cursor.span());
    else if (field === 2) graph.name = cursor.string();
    else if (field === 10) graph.doc = cursor.string();
    else if (field === 16) {
      graph.metadata ??= new Map();
      readEntry(cursor, graph.metadata, unknown);
    } else unknown.keep(cursor);
  }
  scope.count.nodes += nodes.length;
  if (scope.count.nodes > MAX_NODES)
    throw fail("MODEL_TOO_MANY_NODES", { limit: MAX_NODES }, { where: cursor.file });
  for (const each of constants) addConstant(cursor.within(each), graph, context);
  for (const each of sparse) addSparse(cursor.within(each), graph, context);
  for (const each of inputs) graph.inputs.push(readValueInfo(cursor.within(each), graph, "input", context));
  const results = new Set<string>();
  for (const each of outputs) results.add(nameOf(cursor.within(each)));
  const computed = parent ? namesComputed(cursor, nodes) : new Set<string>();
  for (const each of infos) {
    const name = nameOf(cursor.within(each));
    if (results.has(name)) continue;
    const isOwn = graph.values.has(name) || computed.has(name);
    const around = isOwn ? undefined : find(outer.graphs, name);
    if (around) describe(cursor.within(each), around, graph, context);
    else readValueInfo(cursor.within(each), graph, "info", context);
  }
  readNodes(cursor, nodes, graph, context, scope);
  for (const each of outputs)
    graph.outputs.push(readValueInfo(cursor.within(each), graph, "output", context));
  for (const each of infos)
    if (results.has(nameOf(cursor.within(each)))) readValueInfo(cursor.within(each), graph, "info", context);
  for (const each of annotations) readAnnotation(cursor.within(each), graph, unknown, scope.graphs);
  Object.assign(graph, unknownOf(unknown));
  return graph;
}

/** A body of nodes; also that of a function. */
export function readNodes(within: Cursor, nodes: Spans, graph: Graph, context: Context, scope: Scope): void {
  // What a graph computes is its own, wherever in the file the node stands that computes it. Where no graph is around and none
  // inside, nothing else can be meant.
  let isDeclared = false;
  const declare = () => {
    if (!isDeclared) for (const name of namesComputed(within, nodes)) valueNamed(graph, name);
    isDeclared = true;
  };
  if (graph.parent) declare();
  const attributes: AttributeScope = {
    context,
    readGraph(cursor) {
      declare();
      return readGraph(cursor, context, scope);
    },
  };
  for (const each of nodes) graph.nodes.push(readNode(within.within(each), graph, attributes, scope));
}

/** The names that nodes give to what they compute. */
function namesComputed(cursor: Cursor, nodes: Spans): Set<string> {
  const names = new Set<string>();
  for (const each of nodes) {
    const node = cursor.within(each);
    while (node.next()) {
      if (node.field === 2 && node.wire === 2) names.add(node.string());
      else node.skip();
    }
  }
  names.delete("");
  return names;
}

/** The value that a node of the innermost graph means by a name. One that nobody declared is kept: a check can name it. */
function lookUp({ graphs }: Scope, before: Node | undefined, name: string): Value {
  // Half of what is read is what the node before computes.
  const last = before?.outputs[0];
  if (last?.name === name) return last;
  return find(graphs, name) ?? valueNamed(graphs.at(-1) as Graph, name);
}

function readNode(cursor: Cursor, graph: Graph, attributes: AttributeScope, scope: Scope): Node {
  const node: Node = {
    domain: "",
    op: "",
    overload: "",
    name: "",
    inputs: [],
    outputs: [],
    attributes: NO_ATTRIBUTES,
    graph,
  };
  const { context } = attributes;
  let devices: Cursor[] | undefined;
  let unknown: Unknown | undefined;
  while (cursor.next()) {
    const { field } = cursor;
    if (cursor.wire !== 2) {
      unknown ??= new Unknown();
      unknown.keep(cursor);
    } else if (field === 1) {
      const name = cursor.string();
      if (name === "") node.inputs = appended(node.inputs, null);
      else {
        const value = lookUp(scope, graph.nodes.at(-1), name);
        value.uses = appended(value.uses, { node, index: node.inputs.length });
        node.inputs = appended(node.inputs, value);
      }
    } else if (field === 2) {
      const name = cursor.string();
      if (name === "") node.outputs = appended(node.outputs, null);
      else {
        const value = valueNamed(graph, name);
        if (value.producer || value.constant) context.notes.add(`the value ${name} is computed twice`);
        value.producer ??= node;
        node.outputs = appended(node.outputs, value);
      }
    } else if (field === 3) node.name = cursor.string();
    else if (field === 4) node.op = cursor.string();
    else if (field === 5) {
      const message = cursor.message();
      if (!readAttribute(message, node, attributes)) {
        unknown ??= new Unknown();
        unknown.message(field, message);
      }
    } else if (field === 6) node.doc = cursor.string();
    else if (field === 7) {
      const domain = cursor.string();
      node.domain = domain === "ai.onnx" ? "" : domain;
    } else if (field === 8) node.overload = cursor.string();
    else if (field === 9) {
      node.metadata ??= new Map();
      unknown ??= new Unknown();
      readEntry(cursor, node.metadata, unknown);
    } else if (field === 10) {
      devices ??= [];
      devices.push(cursor.message());
    } else {
      unknown ??= new Unknown();
      unknown.keep(cursor);
    }
  }
  if (devices) node.devices = readDevices(devices, node);
  if (unknown) Object.assign(node, unknownOf(unknown));
  return node;
}
