export { type Alignment, alignModels } from "./align.ts";
export { contentsOf } from "./contents.ts";
export { attributeKey, constantKind, isConstant, operatorOf } from "./keys.ts";
