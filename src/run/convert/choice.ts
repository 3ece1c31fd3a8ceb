import type { CalibrationMethod } from "../../model/passes/quantize/static/index.ts";
import type { Calibration } from "./calibration.ts";
import type { MixChoice } from "./mix.ts";

/**
 * What a model is held and computed in. "fp16": float16, where that can be. "int8": products of whole numbers, whose ranges are
 * found in every run, or, with `calibrate`, convolutions too, with ranges that were seen on samples. "int4", "int4-asym", "int4-fit", "int4-hqq"
 * and "int8-weights": weights of products and embeddings in blocks of whole numbers, computed with in float32.
 */
export type Precision = (typeof PRECISIONS)[number];

export const CALIBRATION_METHODS: readonly CalibrationMethod[] = ["minmax", "entropy", "percentile"];

export const PRECISIONS = [
  "fp16",
  "int8",
  "int4",
  "int4-asym",
  "int4-fit",
  "int4-hqq",
  "int8-weights",
] as const;

/**
 * How far answers may be off (‖a − b‖ / ‖a‖) before something other than the precision is to blame. A product with random
 * weights of 4 bits is off by 0.09, one of 8 bits by 0.005; what follows one another adds up. A
 * MobileNet in float16 is off by 0.024 on noise, whose scores are all near to each other.
 */
const NORMS: Readonly<Record<Precision, number>> = {
  fp16: 0.05,
  int8: 0.1,
  int4: 0.25,
  "int4-asym": 0.25,
  "int4-fit": 0.25,
  "int4-hqq": 0.25,
  "int8-weights": 0.05,
};

/**
 * Of "int8" with `calibrate`, where every value in between is rounded. A MobileNet of a quarter of the channels is off by 0.33 on
 * photographs, with ONNX Runtime's quantiser too.
 */
const CALIBRATED_NORM = 0.5;

/** How far the answers of a precision may be off. */
export function normOf(precision: Precision, calibrate: Calibration | undefined): number {
  return calibrate ? CALIBRATED_NORM : NORMS[precision];
}

/** Precisions of which some can be left more exact. */
export const MIXED: ReadonlySet<Precision> = new Set([
  "fp16",
  "int4",
  "int4-asym",
  "int4-fit",
  "int4-hqq",
  "int8-weights",
]);

/** What is to be done to the graph on its way. */
export interface PassChoice {
  /** Version of ai.onnx; "newest": the newest in which the runtime runs all of its operators. @default as it is */
  readonly opset?: number | "newest";
  /** @default false */
  readonly simplify?: boolean;
  /** Lengths for dimensions of the inputs, by name ("batch"), or by input and place ("image:0"). */
  readonly fixDims?: Readonly<Record<string, number>>;
  /** @default as it is */
  readonly precision?: Precision;
  /**
   * Of "int8": whether weights take 7 bits, for processors that add products in 16 bits.
   * @default whether this processor does
   */
  readonly reduceRange?: boolean;
  /** Of "int8": samples of real use, of which ranges are learnt once and for all. @default ranges are found in every run */
  readonly calibrate?: Calibration;
  /**
   * Of "fp16" and of weights in blocks: how near answers must be. What costs most is left more exact: in float32, or in 8 bits
   * in place of 4.
   */
  readonly near?: MixChoice;
  /** Of "fp16": what inputs and outputs of float32 become. @default "float32" */
  readonly io?: "float32" | "float16";
}

/** Whether anything is to be done at all. */
export function changesGraph({ opset, simplify = false, fixDims = {}, precision }: PassChoice): boolean {
  return opset !== undefined || simplify || Object.keys(fixDims).length > 0 || precision !== undefined;
}
