/**
 * What a model is, without running it: formats, the graph, tensors that stay in their file until somebody reads them, and
 * what inputs and outputs mean. Pure TypeScript without Node's modules: it runs in a browser too.
 */
export { isModelyardError } from "../base/errors/index.ts";
export { type BufferModelSink, type ByteSink, bufferModelSink, type ModelSink } from "../base/sinks/index.ts";
export {
  type ByteSource,
  bufferModelSource,
  bufferSource,
  httpModelSource,
  httpSource,
  type ModelSource,
} from "../base/sources/index.ts";
export * from "./contract/index.ts";
export {
  detectFormat,
  FORMATS,
  type Format,
  type FormatReader,
  type FormatWriter,
  openModel,
  readTensorProto,
  type WriteOptions,
  type WriteReport,
  writeModel,
} from "./formats/index.ts";
export * from "./graph/index.ts";
export * from "./tensor/index.ts";
export { isNpy, readNpy } from "./wire/index.ts";
