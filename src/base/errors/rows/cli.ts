import type { ErrorRow } from "../error.ts";

export const CLI_ERRORS = {
  USAGE: {
    what: "{problem}",
    hint: "Run `modelyard {command} --help` for the options and an example.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
