import { fail } from "../../../base/errors/index.ts";
import type { ModelSource } from "../../../base/sources/source.ts";
import type { Graph, Model, ModelFunction } from "../../graph/graph.ts";
import { domainText } from "../../graph/label.ts";
import { Cursor, skim } from "../../wire/index.ts";
import { Defects } from "./defects.ts";
import { openExternal } from "./external.ts";
import { readGraph, readNodes, type Scope, valueNamed } from "./graph.ts";
import { PLAN, readEntry } from "./proto.ts";
import type { Context } from "./tensor.ts";

/**
 * ModelProto. Reads the structure; weights stay in their files.
 * @throws MODEL_PROTOBUF_DAMAGED, MODEL_NOT_ONNX, MODEL_TENSOR_*, MODEL_EXTERNAL_*, FILE_ESCAPES_FOLDER
 */
export async function read(source: ModelSource, signal?: AbortSignal): Promise<Model> {
  const { main } = source;
  const sparse = await skim(main, PLAN, "model", signal);
  const context: Context = { main, external: [], notes: new Set(), defects: new Defects() };
  const count = { nodes: 0 };
  const cursor = new Cursor(sparse);
  let graph: Graph | null = null;
  const model: Omit<Model, "graph"> = {
    format: "onnx",
    irVersion: 0,
    opsets: new Map(),
    producer: { name: "", version: "" },
    domain: "",
    version: 0n,
    doc: "",
    metadata: new Map(),
    functions: [],
    notes: [],
  };
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (field === 1 && wire === 0) model.irVersion = Number(cursor.int64());
    else if (field === 5 && wire === 0) model.version = cursor.int64();
    else if (wire !== 2) cursor.skip();
    else if (field === 2) model.producer.name = cursor.string();
    else if (field === 3) model.producer.version = cursor.string();
    else if (field === 4) model.domain = cursor.string();
    else if (field === 6) model.doc = cursor.string();
    else if (field === 7) graph = readGraph(cursor.message(), context, { graphs: [], count });
    else if (field === 8) readOpset(cursor.message(), model.opsets, context);
    else if (field === 14) readMetadata(cursor, model.metadata, context);
    else if (field === 25) model.functions.push(readFunction(cursor.message(), context, count));
    else if (field === 20) {
      context.notes.add("the file also holds how the model was trained, which is not needed to run it");
      cursor.skip();
    } else cursor.skip();
  }
  if (!graph || (graph.nodes.length === 0 && graph.outputs.length === 0)) {
    throw fail(
      "MODEL_NOT_ONNX",
      { file: main.name, problem: graph ? "its graph is empty" : "it holds no graph" },
      { where: main.name },
    );
  }
  await openExternal(source, context);
  return { ...model, graph, notes: [...context.notes], defects: context.defects.found };
}

function readMetadata(cursor: Cursor, metadata: Map<string, string>, context: Context): void {
  const before = metadata.size;
  readEntry(cursor, metadata);
  if (metadata.size > before) return;
  context.defects.add({
    kind: "metadata-twice",
    graph: null,
    text: "A key of the metadata stands there twice.",
  });
}

function readOpset(
  cursor: Cursor,
  opsets: Map<string, number>,
  context: Context,
  graph: Graph | null = null,
): void {
  let domain = "";
  let version = 0;
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) domain = cursor.string();
    else if (cursor.field === 2 && cursor.wire === 0) version = Number(cursor.int64());
    else cursor.skip();
  }
  const key = domain === "ai.onnx" ? "" : domain;
  const before = opsets.get(key);
  if (before !== undefined) {
    const text = `The operator set ${domainText(key)} is imported twice, as ${before} and as ${version}.`;
    context.defects.add({ kind: "opset-twice", graph, text });
  }
  opsets.set(key, version);
}

/** FunctionProto: an operator defined by other operators. */
function readFunction(cursor: Cursor, context: Context, count: Scope["count"]): ModelFunction {
  const graph: Graph = { name: "", inputs: [], outputs: [], nodes: [], values: new Map(), parent: null };
  const made: ModelFunction = {
    domain: "",
    name: "",
    overload: "",
    opsets: new Map(),
    attributes: [],
    graph,
  };
  const nodes: Cursor[] = [];
  while (cursor.next()) {
    const { field } = cursor;
    if (cursor.wire !== 2) cursor.skip();
    else if (field === 1) made.name = cursor.string();
    else if (field === 4) graph.inputs.push(valueNamed(graph, cursor.string()));
    else if (field === 5) graph.outputs.push(valueNamed(graph, cursor.string()));
    else if (field === 6) made.attributes.push(cursor.string());
    else if (field === 7) nodes.push(cursor.message());
    else if (field === 8) made.doc = cursor.string();
    else if (field === 9) readOpset(cursor.message(), made.opsets, context, graph);
    else if (field === 10) made.domain = cursor.string();
    else if (field === 13) made.overload = cursor.string();
    else cursor.skip();
  }
  graph.name = made.name;
  readNodes(nodes, graph, context, { graphs: [graph], count });
  return made;
}
