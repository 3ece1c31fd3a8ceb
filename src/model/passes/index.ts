export { fixDims } from "./fix-dims.ts";
export { emulateHalf, type HalfOptions, halfPrecision, halfUnits } from "./half/index.ts";
export { layout } from "./layout/index.ts";
export { movedBytes } from "./moved-bytes.ts";
export type { Evaluate, Pass, PassContext, PassResult } from "./pass.ts";
export {
  type CalibrationMethod,
  DYNAMIC_OPSET,
  type DynamicOptions,
  halves,
  type Observe,
  type QuantizePass,
  type QuantizeReport,
  quantizeDynamic,
  quantizeStatic,
  quantizeWeights,
  STATIC_OPSET,
  type StaticOptions,
  sensitiveProducts,
  type WeightScheme,
} from "./quantize/index.ts";
export { MAX_ROUNDS, type PassesReport, type PassReport, type RunPassesOptions, runPasses } from "./run.ts";
export { SIMPLIFY } from "./simplify/index.ts";
export { initializers } from "./simplify/initializers.ts";
export { NEWEST_OPSET, newestOpsetOf, readableIr, upgradeTo } from "./upgrade/index.ts";
