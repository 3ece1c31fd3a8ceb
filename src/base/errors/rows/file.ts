import type { ErrorRow } from "../error.ts";

export const FILE_ERRORS = {
  FILE_NOT_FOUND: {
    what: "There is no file or folder {path}.",
    hint: "Check the path; a relative one counts from the folder the program was started in.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  FILE_UNREADABLE: {
    what: "{path} cannot be read: {problem}",
    hint: "Check that it is a file and that this user may read it.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  FILE_TRUNCATED: {
    what: "{name} ends too early: {length} bytes were expected at byte {offset}, but it has {size} bytes in all.",
    hint: "The file is cut off or damaged: fetch or copy it again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  FILE_ESCAPES_FOLDER: {
    what: "{of} names a file outside its own folder: {name}.",
    hint: "A model may only name files in its own folder or below: move the file there, and do not trust a model that tries.",
    http: 400,
    grpc: "PERMISSION_DENIED",
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
