import type { ErrorRow } from "../error.ts";

export const STORE_ERRORS = {
  STORE_UNOPENABLE: {
    what: "The database {path} cannot be opened: {problem}",
    hint: "Name another folder with --data or MODELYARD_DATA, or move the file away; keys that were made are in it.",
    http: 500,
    grpc: "FAILED_PRECONDITION",
  },
  STORE_DAMAGED: {
    what: "The database {path} is not as Modelyard made it: {problem}",
    hint: "Bring back a copy of it, or move the file away and a new one is made: keys and predictions that are in it stay there.",
    http: 500,
    grpc: "FAILED_PRECONDITION",
  },
  STORE_NEWER: {
    what: "The database {path} was written by a later version of Modelyard: it has the step {step}.",
    hint: "Use that version, or another folder with --data.",
    http: 500,
    grpc: "FAILED_PRECONDITION",
  },
  STORE_FAILED: {
    what: "The database could not do its work: {problem}",
    hint: "Answers go on; what could not be recorded is counted. Look for a full disk or a file that was moved.",
    http: 500,
    grpc: "INTERNAL",
  },
  STORE_CLOSED: {
    what: "The database is closed.",
    hint: "Open the store again.",
    http: 500,
    grpc: "FAILED_PRECONDITION",
  },
  STORE_QUERY: {
    what: "{value} is no {field} to look for.",
    hint: "A limit is a whole number from 1 to {most}; a status is an HTTP status such as 200.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
