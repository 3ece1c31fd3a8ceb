export { type BufferModelSink, bufferModelSink } from "./buffer.ts";
export type { ByteSink, ModelSink } from "./sink.ts";
