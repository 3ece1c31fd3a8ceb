export type { WeightScheme } from "./blocks.ts";
export { DYNAMIC_OPSET, type DynamicOptions, quantizeDynamic } from "./dynamic.ts";
export { type Halves, halves } from "./halves.ts";
export type { LeftAlone, QuantizedWeight, QuantizeReport } from "./report.ts";
export { sensitiveProducts } from "./sensitive.ts";
export {
  type CalibrationMethod,
  type Observe,
  quantizeStatic,
  STATIC_OPSET,
  type StaticOptions,
} from "./static/index.ts";
export { type QuantizePass, quantizeWeights } from "./weights.ts";
