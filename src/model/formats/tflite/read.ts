import type { ModelSource } from "../../../base/sources/source.ts";
import type { Model } from "../../graph/graph.ts";
import type { FormatReader } from "../format.ts";
import { convertTflite } from "./convert/convert.ts";
import { parseTflite } from "./file/parse.ts";
import { attachmentsOf, DOMAIN, nativeFunctions, nativeGraph } from "./native.ts";
import { notesOf } from "./notes.ts";
import { ownFile } from "./own-file.ts";
import { packedFiles } from "./packed.ts";
import { statesOf } from "./states.ts";

/** The structure of a TFLite model, in its own operators; `toOnnx` brings them to ONNX's, `ownFile` gives it to a runtime of its own. */
export const read: FormatReader["read"] = async (source: ModelSource, signal): Promise<Model> => {
  const { main } = source;
  const file = await parseTflite(main, signal);
  const packed = await packedFiles(main, signal);
  const [first] = file.subgraphs;
  if (!first) throw new Error("a TFLite file without a subgraph was let through");
  const graph = nativeGraph(first, statesOf(file), main);
  const model: Model = {
    format: "tflite",
    irVersion: file.version,
    opsets: new Map([[DOMAIN, file.version]]),
    producer: { name: "", version: "" },
    domain: "",
    version: 0n,
    doc: file.description,
    metadata: new Map(),
    graph,
    functions: nativeFunctions(file, main),
    notes: [...notesOf(file), ...packed.notes],
    attachments: [...attachmentsOf(file, main), ...packed.files],
    toOnnx: (abort) => convertTflite(file, model, main, abort),
    ownFile: (ask, abort) => ownFile(first, graph, main, ask, abort),
  };
  return model;
};
