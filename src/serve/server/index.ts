export { type Exposure, isLoopback } from "./access/expose.ts";
export { makeKey, SCOPES, type Scope } from "./access/key.ts";
export type { TlsFiles } from "./access/tls.ts";
export { LIMITS, type Limits } from "./limits.ts";
export { callExamples } from "./rest/call-examples.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start.ts";
export { protocolCodec } from "./wire/codec-order.ts";
