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
  FILE_LINK_ESCAPES: {
    what: "{name}, which belongs to {of}, is a link that leads out of its folder.",
    hint: "Put the file itself there in place of the link, or remove it if the model is not yours. Links are followed inside the model's folder, and in Hugging Face's cache from a snapshot to the blobs of the same repository.",
    http: 400,
    grpc: "PERMISSION_DENIED",
  },
  FILE_UNWRITABLE: {
    what: "{path} cannot be written: {problem}",
    hint: "Check that its folder exists, that this user may write there, and that no other program holds the file.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  FILE_DISK_FULL: {
    what: "{path} does not fit: the disk or the user's quota is full after {written} bytes.",
    hint: "Make room, or write to another disk. Nothing was left behind, and a file that was there before is as it was.",
    http: 507,
    grpc: "RESOURCE_EXHAUSTED",
  },
  FILE_REMOTE_ADDRESS: {
    what: "{url} is no address from which a file may be read.",
    hint: "Use https; plain http is only for this machine.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  FILE_REMOTE_UNREACHABLE: {
    what: "{url} could not be read: {problem}",
    hint: "Check the network and the proxy, and try again.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  FILE_REMOTE_STATUS: {
    what: "{url} was answered with HTTP status {status}.",
    hint: "Open the address in a browser: it may have moved, or ask for a login.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  FILE_REMOTE_WHOLE: {
    what: "The server of {url} does not send parts of a file.",
    hint: "Fetch the whole file with `modelyard pull`, and read it from there.",
    http: 502,
    grpc: "FAILED_PRECONDITION",
  },
  FILE_REMOTE_CHANGED: {
    what: "{url} was changed while it was read.",
    hint: "Begin again: what was read belongs to the older file.",
    http: 502,
    grpc: "FAILED_PRECONDITION",
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
