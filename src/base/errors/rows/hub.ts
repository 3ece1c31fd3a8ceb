import type { ErrorRow } from "../error.ts";

export const HUB_ERRORS = {
  HUB_SOURCE_EMPTY: {
    what: "No model is named.",
    hint: "Sources are: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  HUB_SCHEME_UNKNOWN: {
    what: "{source} begins with a scheme that names no source of models.",
    hint: "Sources are: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  HUB_SCHEME_LATER: {
    what: "{source}: models cannot be fetched from {form} yet.",
    hint: "Fetch the file by other means and give its path.",
    http: 501,
    grpc: "UNIMPLEMENTED",
  },
  HUB_CHECKSUM: {
    what: "{source} has the sha256 {actual}, but {expected} was expected.",
    hint: "The file was changed, or the checksum is of another version: find out which before you use it.",
    http: 502,
    grpc: "DATA_LOSS",
  },
  HUB_CHECKSUM_FORM: {
    what: "{expected} is no sha256.",
    hint: "A sha256 has 64 hexadecimal digits.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  HUB_CACHE_UNWRITABLE: {
    what: "The cache folder {cache} cannot be written: {problem}",
    hint: "Name another with --cache or MODELYARD_CACHE, or make room.",
    http: 500,
    grpc: "FAILED_PRECONDITION",
  },
  HUB_HTTP_STATUS: {
    what: "{source} was answered with HTTP status {status}.",
    hint: "{advice}",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  HUB_PAGE: {
    what: "{source} was answered with a web page in place of a file.",
    hint: "Give the address of the file itself; a login or the page about the file stands in between.",
    http: 502,
    grpc: "FAILED_PRECONDITION",
  },
  HUB_TOO_LARGE: {
    what: "{source} has {size} bytes or more; the limit is {limit}.",
    hint: "Check that this is a model.",
    http: 502,
    grpc: "RESOURCE_EXHAUSTED",
  },
  HUB_INTERRUPTED: {
    what: "The download of {source} ended after {done} of {total} bytes.",
    hint: "Run the same command again: it goes on where this one stopped, if the server allows that.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  HUB_UNREACHABLE: {
    what: "{source} could not be fetched: {problem}",
    hint: "Check the network and the proxy; what is in the cache works without.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  HUB_NPM_OTHER_REGISTRY: {
    what: "{source} is in the cache as another registry has it, and {registry} cannot be asked whether it has the same: {problem}",
    hint: "Configure the registry that it was fetched from, or pin the file with its sha256: then any registry's copy will do.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  HUB_NO_ADDRESS: {
    what: "{source} is no address.",
    hint: "Write https://host/path/to/model.onnx.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  HUB_NOT_HTTPS: {
    what: "{source} is not https.",
    hint: "Use https; plain http is only for this machine.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  HUB_REDIRECTS: {
    what: "{source} was redirected more than {limit} times.",
    hint: "Give the address where the file really lies.",
    http: 502,
    grpc: "UNAVAILABLE",
  },
  HUB_NPM_FORM: {
    what: "{source} is no file of a package.",
    hint: "Write npm:package@1.2.3/path/to/model.onnx, with an exact version (npm view package version tells the newest). Without a path, what models there are is told.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  HUB_NPM_NO_FILE: {
    what: "There is no file of a package at {source}.",
    hint: "Its models are: {models}.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  HUB_NPM_NO_INTEGRITY: {
    what: "The registry gives no checksum for {source}.",
    hint: "Use a registry that does, or fetch the file and give its path.",
    http: 502,
    grpc: "DATA_LOSS",
  },
  HUB_NPM_UNKNOWN: {
    what: "npm knows nothing of {source}: {problem}",
    hint: "Check the package's name and version.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  HUB_NPM_INTEGRITY: {
    what: "{source} is not what its registry says it is: {problem}",
    hint: "Do not use it; try again, and if it stays so, tell the registry's keeper.",
    http: 502,
    grpc: "DATA_LOSS",
  },
} as const satisfies Record<string, ErrorRow>;
