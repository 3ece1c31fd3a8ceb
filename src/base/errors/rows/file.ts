import type { ErrorRow } from "../error.ts";

export const FILE_ERRORS = {
  FILE_NOT_FOUND: {
    what: "There is no file or folder {path}.",
    hint: "Check the path; a relative one counts from the folder the program was started in.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  INTERNAL: {
    what: "{problem}",
    hint: "This is a defect of Modelyard: please report it with the command and the file.",
    http: 500,
    grpc: "INTERNAL",
  },
  ABORTED: {
    what: "The request was cancelled before it was answered.",
    hint: "Nothing to mend: whoever asked stopped waiting.",
    http: 499,
    grpc: "CANCELLED",
  },
} as const satisfies Record<string, ErrorRow>;
