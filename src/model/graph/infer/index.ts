export * from "./extent/index.ts";
export type { Elements } from "./fact.ts";
export { type InferOptions, type InferredTypes, inferTypes } from "./infer.ts";
export type { Contradiction } from "./run.ts";
