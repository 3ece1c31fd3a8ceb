import type { ErrorRow } from "../error.ts";

/** Who may ask a server, and over what. A key itself stands in no message. */
export const EXPOSE_ERRORS = {
  KEY_MISSING: {
    what: "This server asks for a key.",
    hint: "Send it as the header `Authorization: Bearer <key>`; commands of modelyard take it from MODELYARD_API_KEY.",
    http: 401,
    grpc: "UNAUTHENTICATED",
  },
  KEY_UNKNOWN: {
    what: "The key of the request is none that this server knows.",
    hint: "Check that it is whole, and of this server. `modelyard keys create <name>` makes another.",
    http: 401,
    grpc: "UNAUTHENTICATED",
  },
  KEY_REVOKED: {
    what: "The key of the request was revoked.",
    hint: "Ask whoever runs the server for another one.",
    http: 401,
    grpc: "UNAUTHENTICATED",
  },
  KEY_SCOPE: {
    what: "The key of the request does not allow this: it lacks the scope {scope}.",
    hint: "Use a key that has it; `modelyard keys create <name> --scope {scope}` makes one.",
    http: 403,
    grpc: "PERMISSION_DENIED",
  },
  KEY_GUESSES: {
    what: "Too many wrong keys came from this address.",
    hint: "Ask again in {seconds} seconds, with the right key.",
    http: 429,
    grpc: "RESOURCE_EXHAUSTED",
  },
  KEY_WEAK: {
    what: "MODELYARD_API_KEY is no key: {problem}.",
    hint: "Take at least {least} random characters, e.g. of `openssl rand -hex 32`, or unset it and use `modelyard keys create`.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  KEY_NAME: {
    what: "{name} is no name of a key.",
    hint: "Say whose it is in 1 to {most} characters on one line.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  KEY_NO_SUCH: {
    what: "There is no key {id} in the database of {folder}.",
    hint: "`modelyard keys list` shows them; another database is named with --data or MODELYARD_DATA.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  SERVE_UNGUARDED: {
    what: "Everybody who reaches {host} could ask the models, for there is no key.",
    hint: "Make one with `modelyard keys create <name>`, or set MODELYARD_API_KEY; where something in front asks who is there, say --insecure.",
    http: 403,
    grpc: "FAILED_PRECONDITION",
  },
  SERVE_TLS_HALF: {
    what: "--{given} is given without --{missing}.",
    hint: "TLS takes both: --cert <file> is the certificate with those between it and its authority, --key <file> its private key.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  SERVE_TLS_FILE: {
    what: "The file {path} is no {what} in PEM: {problem}.",
    hint: "It begins with -----BEGIN; a private key must not be locked by a passphrase.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  SERVE_TLS_PAIR: {
    what: "The certificate {cert} was not made for the private key {key}.",
    hint: "Give the two that belong together. The certificate of the server itself comes first in its file, before those of authorities.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  SERVE_TLS_REFUSED: {
    what: "TLS does not take the certificate {cert} with the private key {key}: {problem}.",
    hint: "Have them made anew, with an RSA key of 2048 bits or more, or an EC key such as P-256; what follows in the file are whole certificates too.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  DEPLOY_EXISTS: {
    what: "There is {path} already, and it is a person's work.",
    hint: "Move it away, or name another folder with -o.",
    http: 409,
    grpc: "ALREADY_EXISTS",
  },
  SERVE_ORIGIN: {
    what: "{text} is no origin of a page.",
    hint: "Write scheme, host and port alone, e.g. --cors https://app.example; or --cors '*' for every page.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  SERVE_PROXY: {
    what: "{text} is no address of a proxy.",
    hint: "Write addresses or networks, e.g. --trust-proxy 10.0.0.0/8.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
