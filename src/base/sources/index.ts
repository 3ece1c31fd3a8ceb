export { bufferModelSource, bufferSource, checkRange, checkSiblingName } from "./buffer.ts";
export { type HttpOptions, httpModelSource, httpSource } from "./http.ts";
export { partSource } from "./part.ts";
export type { ByteSource, ModelSource } from "./source.ts";
