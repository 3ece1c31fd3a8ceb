export type { CalibrationMethod } from "../../model/passes/index.ts";
export type { Calibration, Sample } from "./calibration.ts";
export type { Precision } from "./choice.ts";
export {
  type ConvertOptions,
  type ConvertSource,
  type ConvertStage,
  convertModel,
  type VerifyChoice,
} from "./convert.ts";
export { type DiffOptions, type DiffSource, diffModels, namesOf } from "./diff/diff.ts";
export type * from "./diff/report.ts";
export { createEvaluate, type Evaluation } from "./evaluate.ts";
export { type Change, type ConvertReport, changedOperators, type Measures } from "./report.ts";
export { DEFAULT_TOLERANCE, type Tolerance } from "./verify/compare.ts";
export type { FirstDifference, NamedNode } from "./verify/locate.ts";
export type { VerifiedOutput, VerifyOptions, VerifyReport } from "./verify/report.ts";
export type { VerifiedModel } from "./verify/side.ts";
export { verifyModels } from "./verify/verify.ts";
