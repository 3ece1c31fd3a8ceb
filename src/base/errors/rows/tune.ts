import type { ErrorRow } from "../error.ts";

export const TUNE_ERRORS = {
  BENCH_OPTION: {
    what: "--{option} {given} is not {expected}.",
    hint: "Run `modelyard bench --help` for what it may be, and an example.",
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
} as const satisfies Record<string, ErrorRow>;
