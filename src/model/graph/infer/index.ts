export * from "./extent/index.ts";
export { type Elements, MAX_RANK } from "./fact.ts";
export { type InferOptions, type InferredTypes, inferTypes } from "./infer.ts";
export type { Contradiction } from "./run.ts";
