/**
 * What of tests/fixtures/tflite/cases does not convert or disagrees yet, and why: OPERATOR, OPERATOR/kind or OPERATOR/kind/number.
 * Every case that is named here must fail.
 */
export const NOT_YET: ReadonlyMap<string, string> = new Map([
  ["converted-activations/int16/0", "its TANH reads a table of 16 bits"],
  ["converted-squeeze-excite/int16/0", "its LOGISTIC reads a table of 16 bits"],
]);
