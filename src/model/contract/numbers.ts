/** How the whole numbers of a quantised output become real ones: `(number - zeroPoint) * scale`. */
export interface Quantization {
  scale: number;
  zeroPoint: number;
}

/**
 * How scores are made comparable across classes: `scale / (1 + exp(-(slope * g(score) + offset)))`, after TFLite Metadata's
 * ScoreCalibrationOptions.
 */
export interface Calibration {
  /** g: the score itself, its logarithm, or log(score) - log(1 - score). */
  transformation: "identity" | "log" | "inverse-logistic";
  /** Of classes without parameters, and of scores below the least one that their parameters are made for. */
  default: number;
  /** A file beside the model, or its lines: `scale,slope,offset[,least score]` for each class, or nothing. */
  parameters: string | string[];
}
