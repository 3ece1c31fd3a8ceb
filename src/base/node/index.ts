export { digestOf } from "./digest.ts";
export { checkFile, fileError, fileSource, type OpenSibling, openModelSource, openSibling } from "./file.ts";
export { makeFolder } from "./folder.ts";
export { readGiven } from "./given.ts";
export { homeFolder } from "./home.ts";
export { makeScratch } from "./scratch.ts";
export { openModelSink, type StagedModelSink, writeError, writeWhole } from "./sink.ts";
