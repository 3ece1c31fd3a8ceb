import type { ErrorRow } from "../error.ts";

export const CLI_ERRORS = {
  USAGE: {
    what: "{problem}",
    hint: "Run `modelyard {command} --help` for the options and an example.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_COMMAND_NO_INPUT: {
    what: "Nothing was given for the model {source} to answer.",
    hint: "Name a picture, a sound or a JSON file, or give tensors with --input name=file.npy. `modelyard inspect {source}` says what it takes.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_COMMAND_NO_SUCH_INPUT: {
    what: "--input {pair} names no input of the model.",
    hint: "Write --input name=file; the inputs are: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_COMMAND_NOT_JSON: {
    what: "The file {path} is not JSON: {problem}",
    hint: "Mend the file, or give tensors as .npy with --input name=file.npy.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_COMMAND_DRAWING: {
    what: "The answer cannot be drawn: {problem}.",
    hint: "Leave out --output, or ask one picture of a model that finds things in it or segments it.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  SERVE_NOT_A_PORT: {
    what: "{text} is no port.",
    hint: "A port is a number from 0 to 65535; 0 takes any free one.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
