export {
  type Alignment,
  alignModels,
  attributeKey,
  constantKind,
  contentsOf,
  isConstant,
  operatorOf,
} from "./align/index.ts";
export { carriedAttachments, carryAttachments } from "./carried.ts";
export { checkModel, type Finding, RULES, type Severity } from "./check/index.ts";
export { countOperators, countParameters, type ExpandedSize, expandedSize } from "./count.ts";
export type { Difference } from "./differences.ts";
export {
  addConstant,
  addValue,
  attribute,
  floatOf,
  GraphEdit,
  intOf,
  intsOf,
  isInput,
  isOutput,
  Names,
  type NodeSpec,
  rename,
  replaceUses,
  setInput,
  setInputs,
  stringOf,
  substitute,
} from "./edit.ts";
export { type EqualOptions, modelDifferences } from "./equal.ts";
export type * from "./graph.ts";
export {
  type Contradiction,
  type Elements,
  type Extent,
  evaluateExtent,
  type InferOptions,
  type InferredTypes,
  inferTypes,
  isSame,
  isSameShape,
  keyOf,
} from "./infer/index.ts";
export { nameText, operatorText } from "./label.ts";
export {
  attributeText,
  modelLines,
  type PrintDetails,
  type PrintOptions,
  printDetails,
  printModel,
  shapeText,
  typeText,
} from "./print/index.ts";
export * from "./schema/index.ts";
export { signatureOf } from "./signature.ts";
export { type CarriedState, readStates, writeStates } from "./states.ts";
export { constantsOf, graphsOf, graphsWithin, runGraphsOf, subgraphsOf } from "./walk.ts";
