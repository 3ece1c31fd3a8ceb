import type { ErrorRow } from "../error.ts";

export const TUNE_ERRORS = {
  MEASURE_OPTION: {
    what: "--{option} {given} is not {expected}.",
    hint: "`modelyard bench --help` and `modelyard tune --help` tell what it may be, with an example.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  BENCH_ADDRESS: {
    what: "{address} cannot be measured: {problem}.",
    hint: "Give the model's address, http://host:port/v2/models/<name>, or the server's with --model <name>; with --body <file> any address that takes a POST.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  BENCH_UNREACHABLE: {
    what: "No server answers at {address}.",
    hint: "Start it, or correct the address; `curl {address}/v2/health/ready` says whether it is there.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  BENCH_STATUS: {
    what: "The server answered {path} with status {status}: {problem}",
    hint: "Where it refuses what was made up for the model's inputs, give it tensors with --input name=file, or a whole request with --body.",
    http: 502,
    grpc: "FAILED_PRECONDITION",
  },
  BENCH_NO_INPUT: {
    what: "Nothing that was made up is taken by the model: {problem}",
    hint: "Give tensors that it takes with --input name=file.npy.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  TUNE_FOLDER: {
    what: "The folder {folder} holds something else: {name}.",
    hint: "Name a folder that is not there yet, or one of an earlier search of this model, which then goes on.",
    http: 409,
    grpc: "ALREADY_EXISTS",
  },
  TUNE_SAMPLE: {
    what: "The sample {path} cannot be used: {problem}",
    hint: "Samples are inputs as `modelyard run` takes them; try this one with `modelyard run <model> {path}`.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TUNE_LABELS: {
    what: "What is right cannot be known from {path}: {problem}.",
    hint: "It is an object of the files' names, each with a label, a text, or an answer as the task gives it; or put the samples of each label into a folder of that name.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TUNE_UNCHANGED: {
    what: "{precision} changes nothing of this model{left}.",
    hint: "Measure other precisions with --precision; `modelyard convert` says of each what it changes and what it leaves.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  TUNE_DIED: {
    what: "The process that measured ended with {how}{said}",
    hint: "The runtime broke down on this variant. Leave it out, and if it was the model as it is, `modelyard run` shows the same.",
    http: 500,
    grpc: "INTERNAL",
  },
  TUNE_NO_VARIANT: {
    what: "No variant keeps to the limits. The nearest is {name}: {misses}.",
    hint: "The report in {folder} shows all of them. Loosen that limit, or let more be tried with --precision, --threads and --instances; what was measured is not measured again.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
} as const satisfies Record<string, ErrorRow>;
