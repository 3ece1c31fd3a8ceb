import type { ErrorRow } from "../error.ts";

export const TFLITE_ERRORS = {
  MODEL_TFLITE_VALUE: {
    what: "The TFLite model says {what} {value}, which no version of the format knows.",
    hint: "The file is damaged, or newer than this version of Modelyard.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_TFLITE_INDEX: {
    what: "The TFLite model has {count} {things}, but {what} names number {index}.",
    hint: "The file is damaged: fetch or export it again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MODEL_TFLITE_GRAPH: {
    what: "The TFLite model cannot be run by anybody: {problem}.",
    hint: "The file is damaged, or was written by a faulty tool: export it again.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_TFLITE_SPARSE: {
    what: "The sparse tensor {tensor} cannot be unpacked: {problem}.",
    hint: "The file is damaged: fetch or export it again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MODEL_BUNDLE_SEVERAL: {
    what: "The bundle {file} holds several models: {models}.",
    hint: "Name one of them behind the bundle, as if that were a folder: bundle.task/model.tflite.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  MODEL_BUNDLE_NO_SUCH: {
    what: "The bundle {file} holds no file {name}.",
    hint: "It holds: {known}.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  MODEL_OPERATORS_UNSUPPORTED: {
    what: "Modelyard knows no equivalent in ONNX of {list}: {count} of the model's operators.",
    hint: "`modelyard inspect` shows all that the model consists of. Please report what is missing, with the model.",
    http: 422,
    grpc: "UNIMPLEMENTED",
  },
} as const satisfies Record<string, ErrorRow>;
