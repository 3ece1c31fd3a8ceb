/** How the range of a value is found: all that was seen; the one that keeps most of the information; all but the outermost. */
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

export const CALIBRATION_METHODS = ["minmax", "entropy", "percentile"] as const;
