export { bufferModelSource, bufferSource, checkRange, checkSiblingName } from "./buffer.ts";
export type { ByteSource, ModelSource } from "./source.ts";
