/** Where a model's thread finds the protocol's codec; by itself, for whoever starts one before the server is loaded. */
export const CODEC_MODULE = new URL(
  import.meta.url.endsWith(".ts") ? "./codec.ts" : "./codec.js",
  import.meta.url,
).href;
