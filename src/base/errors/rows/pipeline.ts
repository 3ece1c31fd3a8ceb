import type { ErrorRow } from "../error.ts";

export const PIPELINE_ERRORS = {
  MODEL_UNKNOWN: {
    what: "There is no model {name} here.",
    hint: "The models here are: {known}.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  MODEL_VERSION_UNKNOWN: {
    what: "The model {name} has no version {version}.",
    hint: "Its versions are: {known}.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  MODEL_NOT_READY: {
    what: "The model {name} is not ready: {state}.",
    hint: "Ask again soon: {reason}.",
    http: 503,
    grpc: "UNAVAILABLE",
  },
  MODEL_UNAVAILABLE: {
    what: "The model {name} could not be loaded: {reason}",
    hint: "{advice}",
    http: 503,
    grpc: "UNAVAILABLE",
  },
  MODEL_READER_DIED: {
    what: "Reading {file} ended the thread that reads models: {problem}.",
    hint: "The model asks for more memory than a thread is given; `modelyard inspect` reads it in a process of its own.",
    http: 503,
    grpc: "RESOURCE_EXHAUSTED",
  },
  MODEL_NOT_IN_FOLDER: {
    what: "The folder {folder} holds no model file.",
    hint: "Put a model file into it, or name one with `model:` in model.yaml.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  MODEL_SEVERAL_IN_FOLDER: {
    what: "The folder {folder} holds several model files: {files}.",
    hint: "Name the one that is meant with `model:` in model.yaml.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  MODEL_NAME_TAKEN: {
    what: "Two models are called {name}: {first} and {second}.",
    hint: "Give one of them another `name:` in model.yaml, or rename its folder.",
    http: 400,
    grpc: "ALREADY_EXISTS",
  },
  MODEL_PART_MISSING: {
    what: "{key} names the file {file}, which is not beside the model.",
    hint: "Put it beside the model or model.yaml, or correct the name. There: {known}.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  MODEL_NO_LABELS_FILE: {
    what: "The labels of {output} should be in {file}, which is not beside the model.",
    hint: "Put the file, one label a line, beside the model or model.yaml, or correct the name.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  MODEL_LABELS_TOO_LARGE: {
    what: "The labels file {file} has {size} bytes; the limit is {limit}.",
    hint: "A labels file has one label a line: check that this is the file that was meant.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  MODEL_STATELESS: {
    what: "The model {name} carries no state from frame to frame, so there is no stream to open.",
    hint: "Leave out sequence_id, or declare `states:` in model.yaml.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
} as const satisfies Record<string, ErrorRow>;
