export type { ByteSink, ModelSink } from "./sink.ts";
