import type { ByteSource } from "../../../../base/sources/source.ts";
import type { Graph, Lowered, Model } from "../../../graph/graph.ts";
import { Names } from "../../../graph/index.ts";
import type { TfliteFile } from "../file/model.ts";
import { typeOf } from "../native.ts";
import { Build } from "./build.ts";
import { type Context, checkRefused, impossible } from "./context.ts";
import { lowerOperators } from "./lower.ts";

/** Operators are written in this version of ai.onnx: the first with 4-bit and 16-bit quantisation. */
const OPSET = 21;
/** The version of ONNX that it came with. */
const IR_VERSION = 10;

/**
 * The model in ONNX operators: the same inputs and outputs by name, order, type, shape and layout.
 * @throws MODEL_OPERATORS_UNSUPPORTED, MODEL_TFLITE_*, MODEL_TOO_MANY_NODES, and what reading small constants throws
 */
export async function convertTflite(
  file: TfliteFile,
  native: Model,
  source: ByteSource,
  signal?: AbortSignal,
): Promise<Lowered> {
  const [main] = file.subgraphs;
  if (!main) throw new Error("a TFLite file without a subgraph was let through");
  const graph: Graph = {
    name: main.name || "main",
    inputs: [],
    outputs: [],
    nodes: [],
    values: new Map(),
    parent: null,
  };
  const { toOnnx: _, ...rest } = native;
  const model: Model = {
    ...rest,
    format: "onnx",
    irVersion: IR_VERSION,
    opsets: new Map([["", OPSET]]),
    graph,
    functions: [],
  };
  const context: Context = {
    file,
    source,
    names: new Names(model),
    signal,
    approximations: new Set(),
    refused: [],
    count: { nodes: 0 },
  };
  if (main.outputs.length === 0) throw impossible(context, main.byte, "it has no outputs");
  const build = new Build(context, main, graph);
  for (const tensor of main.inputs) build.declare(tensor).type = typeOf(tensor);
  for (const tensor of main.outputs) build.keep(tensor);
  await lowerOperators(build, [0]);
  checkRefused(context);
  graph.outputs = [];
  for (const tensor of main.outputs) {
    const value = build.result(tensor);
    value.type = typeOf(tensor);
    graph.outputs.push(value);
  }
  build.finish();
  return { model, approximations: [...context.approximations] };
}
