import { fail } from "../../../base/errors/index.ts";
import type { ModelSource } from "../../../base/sources/source.ts";
import { carriedAttachments } from "../../graph/carried.ts";
import type { Graph, Model } from "../../graph/graph.ts";
import { Cursor } from "../../wire/protobuf.ts";
import { skim } from "../../wire/sparse.ts";
import { Defects } from "./defects.ts";
import { openExternal } from "./external.ts";
import { readFunction } from "./function.ts";
import { readGraph } from "./graph.ts";
import { readOpset } from "./opset.ts";
import { PLAN, readEntry, Unknown, unknownOf } from "./proto.ts";
import type { Context } from "./tensor.ts";
import { readTraining } from "./training.ts";

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
  const training: Cursor[] = [];
  const unknown = new Unknown();
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
    else if (wire !== 2) unknown.keep(cursor);
    else if (field === 2) model.producer.name = cursor.string();
    else if (field === 3) model.producer.version = cursor.string();
    else if (field === 4) model.domain = cursor.string();
    else if (field === 6) model.doc = cursor.string();
    else if (field === 7) {
      // Some parsers would take the last one, and some join them: what is checked here would not be what runs there.
      if (graph) throw notOnnx(main.name, "it holds two graphs");
      graph = readGraph(cursor.message(), context, { graphs: [], count });
    } else if (field === 8) readOpset(cursor, model.opsets, unknown, context);
    else if (field === 14) readMetadata(cursor, model.metadata, unknown, context);
    else if (field === 20) training.push(cursor.message());
    else if (field === 25) model.functions.push(readFunction(cursor.message(), context, count));
    else unknown.keep(cursor);
  }
  if (!graph) throw notOnnx(main.name, "it holds no graph");
  if (graph.nodes.length === 0 && graph.outputs.length === 0) throw notOnnx(main.name, "its graph is empty");
  if (training.length > 0) {
    context.notes.add("the file also holds how the model was trained, which is not needed to run it");
    const trained = graph;
    model.training = training.map((each) => readTraining(each, trained, context, count));
  }
  await openExternal(source, context);
  const attachments = carriedAttachments(model.metadata);
  return {
    ...model,
    ...unknownOf(unknown),
    graph,
    notes: [...context.notes],
    defects: context.defects.found,
    ...(attachments.length > 0 && { attachments }),
  };
}

function notOnnx(file: string, problem: string) {
  return fail("MODEL_NOT_ONNX", { file, problem }, { where: file });
}

function readMetadata(
  cursor: Cursor,
  metadata: Map<string, string>,
  unknown: Unknown,
  context: Context,
): void {
  const before = metadata.size;
  readEntry(cursor, metadata, unknown);
  if (metadata.size > before) return;
  const text = "A key of the metadata stands there twice.";
  context.defects.add({ kind: "metadata-twice", graph: null, text });
}
