import type { ErrorRow } from "../error.ts";

export const CONVERT_ERRORS = {
  CONVERT_VERIFY_FAILED: {
    what: "The result does not answer as the original does: {problem}. {first}",
    hint: "Nothing was written. Leave out what changes the graph (--simplify, --opset, --fix-dim) to see which of it does that, and please report it with the model.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  CONVERT_NOT_LOADED: {
    what: "The runtime runs the original, and does not load the result. It says: {problem}",
    hint: "Nothing was written. Leave out what changes the graph (--simplify, --opset, --fix-dim, --precision), one after the other, to see which of it does that; `modelyard inspect --check` says whether the node was in order before. Please report it with the model.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  CONVERT_UNVERIFIED: {
    what: "The result cannot be compared with the original, so that nothing was written: {reason}.",
    hint: "Give inputs that both take with --input, or leave --require-verified out and compare answers in another way.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  CONVERT_PRECISION_FAILED: {
    what: "In precision {precision} the result does not answer as the original does: {problem}. {first}",
    hint: "Nothing was written. `--tolerance` with how far answers may be off (0.05: 5 %) leaves what costs most more exact: of fp16, int4, int4-asym, int4-fit, int4-hqq and int8-weights. For int8, `--calibrate` learns ranges from inputs of real use. docs/precision.md tells which precision is for what.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  CONVERT_INPUTS_REFUSED: {
    what: "The original cannot be run on the inputs that were given: {problem}",
    hint: "`modelyard inspect` prints the names, types and shapes that the model takes.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONVERT_CALIBRATION: {
    what: "{file} cannot be used to calibrate: {problem}",
    hint: "Take it out of the folder, or give it as the model takes it: `modelyard inspect` says what that is. A folder for --calibrate holds inputs as `modelyard run` takes them, one a file, and nothing else.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONVERT_CALIBRATION_EMPTY: {
    what: "There is nothing to calibrate with.",
    hint: "Give a folder with a hundred or so inputs of real use, as `modelyard run` takes them, one a file.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONVERT_TOLERANCE: {
    what: "In this precision answers are not within {tolerance} of the original's, whatever is left more exact: the nearest is off by {nearest}.",
    hint: "Allow more with --tolerance, or choose another precision: docs/precision.md tells how near each one is.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  CONVERT_MIX_UNKNOWN: {
    what: "By how much answers would be off cannot be told: {problem}",
    hint: "Give inputs that the model takes with --input, or leave out --tolerance.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  CONVERT_OUTPUT: {
    what: "The result cannot be written to {path}: {problem}.",
    hint: "Name another file; {writable} can be written.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONVERT_OPTION_ALONE: {
    what: "{option} says nothing without {needed}, and would be ignored.",
    hint: "Add {needed}, or leave {option} out.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONVERT_OPTION: {
    what: "{option} is {given}.",
    hint: "It must be {expected}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
