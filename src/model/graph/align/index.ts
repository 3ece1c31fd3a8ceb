export { type Alignment, alignModels } from "./align.ts";
export { attributeKey, constantKind, isConstant, operatorOf } from "./keys.ts";
