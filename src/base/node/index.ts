export { checkFile, fileError, fileSource, openModelSource, openSibling } from "./file.ts";
export { openModelSink, type StagedModelSink } from "./sink.ts";
