import type { ErrorRow } from "../error.ts";

export const CLI_ERRORS = {
  USAGE: {
    what: "{problem}",
    hint: "Run `modelyard {command} --help` for the options and an example.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  NEW_NAME: {
    what: "{name} is no name for a project.",
    hint: "Begin with a small letter; small letters, digits and - may follow, 64 in all.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  NEW_EXISTS: {
    what: "There is a folder {folder} already, and it is not empty.",
    hint: "Choose another name, or move the folder away.",
    http: 400,
    grpc: "ALREADY_EXISTS",
  },
  RUN_COMMAND_NO_INPUT: {
    what: "Nothing was given for the model {source} to answer.",
    hint: "Name a picture, a sound, a text file or a JSON file, or give tensors with --input name=file.npy. `modelyard inspect {source}` says what it takes.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_COMMAND_NO_TEXT_FILE: {
    what: "There is no file {path}; the model takes a text, and takes it from a file.",
    hint: "Write the text into a file and name that: one of plain text, or one ending in .json with {json}.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  RUN_COMMAND_NO_SUCH_INPUT: {
    what: "--input {pair} names no input of the model.",
    hint: "Write --input name=file; the inputs are: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_COMMAND_OPTION: {
    what: "--option {pair} is not name=value.",
    hint: "Write the option's name and its value, e.g. --option invert=true.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_COMMAND_DRAWING: {
    what: "The answer cannot be drawn: {problem}.",
    hint: "Leave out --output, or ask one picture of a model that finds things in it or segments it.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TYPES_UNREACHABLE: {
    what: "No server answers at {server}.",
    hint: "Start it with `modelyard serve`, or correct the address; `modelyard types <file>` needs no server.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  TYPES_REFUSED: {
    what: "The server {server} answered: {problem}",
    hint: "{advice}",
    http: 502,
    grpc: "FAILED_PRECONDITION",
  },
  TYPES_SEVERAL: {
    what: "The server {server} has {count} models, and types are those of one.",
    hint: "Name it: {server}/models/<name>. There: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TYPES_FOREIGN: {
    what: "{address} is no model of a server of Modelyard: {problem}",
    hint: "Give http://host:port/models/<name> of a running `modelyard serve`. A model file is fetched with `modelyard pull {address} <folder>`, and its types are told from there.",
    http: 502,
    grpc: "FAILED_PRECONDITION",
  },
  INSPECT_WRITE_EXISTS: {
    what: "There is {path} already, and it may be a person's work.",
    hint: "Correct that one, or move it away first.",
    http: 409,
    grpc: "ALREADY_EXISTS",
  },
  INSPECT_WRITE_PLACE: {
    what: "There is no place for a model.yaml of {source}: {problem}.",
    hint: "Put the model into a folder of its own (`modelyard pull <source> <folder>` does), and inspect it there.",
    http: 409,
    grpc: "FAILED_PRECONDITION",
  },
  SERVE_NOT_A_SIZE: {
    what: "{text} is no number of bytes.",
    hint: "Write a number and a unit, such as 2GiB, 1500MB or 512MiB.",
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
