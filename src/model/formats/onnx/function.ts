import { NO_ATTRIBUTES } from "../../graph/attributes.ts";
import type { Graph, ModelFunction, Node } from "../../graph/graph.ts";
import { type Cursor, Spans } from "../../wire/protobuf.ts";
import { readAttribute } from "./attribute.ts";
import { readGraph, readNodes, type Scope } from "./graph.ts";
import { readOpset } from "./opset.ts";
import { readEntry, Unknown, unknownOf } from "./proto.ts";
import type { Context } from "./tensor.ts";
import { readValueInfo, valueNamed } from "./value.ts";

/** FunctionProto: an operator defined by other operators. */
export function readFunction(cursor: Cursor, context: Context, count: Scope["count"]): ModelFunction {
  const graph: Graph = { name: "", inputs: [], outputs: [], nodes: [], values: new Map(), parent: null };
  const made: ModelFunction = {
    domain: "",
    name: "",
    overload: "",
    opsets: new Map(),
    attributes: [],
    graph,
  };
  const scope: Scope = { graphs: [graph], count };
  const nodes = new Spans();
  const defaults: Cursor[] = [];
  const infos: Cursor[] = [];
  const unknown = new Unknown();
  while (cursor.next()) {
    const { field } = cursor;
    if (cursor.wire !== 2) unknown.keep(cursor);
    else if (field === 1) made.name = cursor.string();
    else if (field === 4) graph.inputs.push(valueNamed(graph, cursor.string()));
    else if (field === 5) graph.outputs.push(valueNamed(graph, cursor.string()));
    else if (field === 6) made.attributes.push(cursor.string());
    else if (field === 7) nodes.add(cursor.span());
    else if (field === 8) made.doc = cursor.string();
    else if (field === 9) readOpset(cursor, made.opsets, unknown, context, graph);
    else if (field === 10) made.domain = cursor.string();
    else if (field === 11) defaults.push(cursor.message());
    else if (field === 12) infos.push(cursor.message());
    else if (field === 13) made.overload = cursor.string();
    else if (field === 14) {
      made.metadata ??= new Map();
      readEntry(cursor, made.metadata, unknown);
    } else unknown.keep(cursor);
  }
  graph.name = made.name;
  // A function's inputs and outputs are names alone: what is said of them stands in value_info too.
  for (const info of infos) readValueInfo(info, graph, "info", context);
  readNodes(cursor, nodes, graph, context, scope);
  if (defaults.length > 0) readDefaults(defaults, made, context, scope, unknown);
  return Object.assign(made, unknownOf(unknown));
}

/** Attributes with the values that they have where a call leaves them out. */
function readDefaults(
  messages: readonly Cursor[],
  made: ModelFunction,
  context: Context,
  scope: Scope,
  unknown: Unknown,
): void {
  const { graph, name } = made;
  // For the messages about what is wrong: they belong to no node.
  const bearer: Node = {
    domain: "",
    op: name,
    overload: "",
    name: "",
    inputs: [],
    outputs: [],
    attributes: NO_ATTRIBUTES,
    graph,
  };
  const reader = { context, readGraph: (cursor: Cursor) => readGraph(cursor, context, scope) };
  for (const message of messages) if (!readAttribute(message, bearer, reader)) unknown.message(11, message);
  made.defaults = bearer.attributes;
}
