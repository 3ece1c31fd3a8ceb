import type { ErrorRow } from "../error.ts";

export const CONTRACT_ERRORS = {
  CONTRACT_YAML: {
    what: "The file is no YAML: {problem}",
    hint: "Mend the line that is named. `modelyard inspect <model> --write` writes a model.yaml to start from; docs/modules.md has a pipeline.yaml.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONTRACT_YAML_KEY: {
    what: "{key}: {problem}",
    hint: "Mend the line that is named. `modelyard inspect <model> --write` writes a model.yaml to start from.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONTRACT_TOO_LARGE: {
    what: "The file has {size} characters; the limit is {limit}.",
    hint: "Check that this is the file that was meant.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONTRACT_TENSOR_UNKNOWN: {
    what: "{key}: the model has no {side} {tensor}.",
    hint: "Its {side}s are: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONTRACT_TENSOR_MISSING: {
    what: "{key} does not say which tensor it is.",
    hint: "Add `tensor:` with one of: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONTRACT_MISFIT: {
    what: "{key} does not fit this model: {problem}.",
    hint: "Mend the line that is named, or leave the key out: what is left out is taken from the model.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONTRACT_PBTXT: {
    what: "The file is no protobuf text: {problem}",
    hint: "Mend the line that is named, or remove config.pbtxt and describe the model in model.yaml.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  CONTRACT_PBTXT_UNSUPPORTED: {
    what: "config.pbtxt asks for {field}: {reason}.",
    hint: "Remove that part if the model may be served without it.",
    http: 501,
    grpc: "UNIMPLEMENTED",
  },
  CONTRACT_PBTXT_MISFIT: {
    what: "config.pbtxt does not describe this model: {problem}.",
    hint: "Mend the line that is named, or leave out what it tells of the model: what is left out, the model says itself.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
