export { fileError, fileSource, openModelSource, openSibling } from "./file.ts";
export { openModelSink } from "./sink.ts";
