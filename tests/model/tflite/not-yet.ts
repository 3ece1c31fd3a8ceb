/**
 * What of tests/fixtures/tflite/cases does not convert or disagrees yet, and why: OPERATOR, OPERATOR/kind or OPERATOR/kind/number.
 * Every case that is named here must fail.
 */
export const NOT_YET: ReadonlyMap<string, string> = new Map<string, string>([]);
