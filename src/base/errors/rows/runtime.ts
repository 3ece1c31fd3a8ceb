import type { ErrorRow } from "../error.ts";

const ASK_THE_SIGNATURE = "`modelyard inspect` prints the names, types and shapes that the model takes.";

export const RUNTIME_ERRORS = {
  RUN_LOAD_FAILED: {
    what: "The runtime cannot load {path}: {problem}",
    hint: "Check that the file is whole and that its operators are known: `modelyard inspect` reads it without the runtime.",
    http: 503,
    grpc: "FAILED_PRECONDITION",
  },
  RUN_GRAPH_TOO_LARGE: {
    what: "The model has {count} {parts}; the runtime, whose time to load grows with their square, is given at most {limit}.",
    hint: "Such a graph is usually an unrolled loop: export it with a Loop or Scan operator, or in several models.",
    http: 503,
    grpc: "RESOURCE_EXHAUSTED",
  },
  COMPILE_FAILED: {
    what: "{path} cannot be compiled: {problem}.",
    hint: "The model itself still runs: only the faster way to load it cannot be had.",
    http: 500,
    grpc: "INTERNAL",
  },
  COMPILE_TOO_LARGE: {
    what: "The model has {nodes} nodes: the runtime does not optimise so many within a bearable time.",
    hint: "Run the model as it is; `modelyard convert --simplify` may make it smaller first.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  ARTEFACT_MISSING: {
    what: "The folder {folder} holds no compiled model.",
    hint: "`modelyard compile <model> -o <folder>` makes one.",
    http: 404,
    grpc: "NOT_FOUND",
  },
  ARTEFACT_DAMAGED: {
    what: "The compiled model in {folder} is damaged: {problem}.",
    hint: "Compile the model again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  ARTEFACT_FOREIGN: {
    what: "The compiled model in {folder} was made for another {what}: {made}, and here it is {here}.",
    hint: "Compile the model again on this machine.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  RUN_TYPE_UNSUPPORTED: {
    what: "{value} is {type}, which the runtime's binding cannot carry.",
    hint: "Ask for the other outputs by name, or change the model so that it takes and gives tensors of numbers, booleans or strings (not sequences, maps, bfloat16, or types under 8 bits).",
    http: 501,
    grpc: "UNIMPLEMENTED",
  },
  RUN_DEVICE_UNKNOWN: {
    what: "There is no device {device}.",
    hint: "Known devices: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_DEVICE_ABSENT: {
    what: "The device {device} does not compute here: {problem}",
    hint: "{remedy} `modelyard doctor` tries it again; --device cpu runs without it.",
    http: 503,
    grpc: "UNAVAILABLE",
  },
  RUN_OPTION: {
    what: "Session option {option} is {given}.",
    hint: "It must be {expected}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_INPUT_MISSING: {
    what: "Input {name} is missing: expected {expected}.",
    hint: ASK_THE_SIGNATURE,
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_INPUT_UNKNOWN: {
    what: "There is no input {name}; the model takes {expected}.",
    hint: ASK_THE_SIGNATURE,
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_INPUT_DTYPE: {
    what: "Input {name} must be {expected} and is {given}.",
    hint: ASK_THE_SIGNATURE,
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_INPUT_SHAPE: {
    what: "Input {name} must have the shape {expected} and has {given}.",
    hint: ASK_THE_SIGNATURE,
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_INPUT_DATA: {
    what: "Input {name} of shape {shape} needs {expected} and has {given}.",
    hint: "The number of values is the product of the shape's dimensions.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_INPUT_VALUE: {
    what: "Input {name} has a value that {dtype} cannot be: element {index} {problem}.",
    hint: "Booleans are the bytes 0 and 1; strings have no NUL character and no half of a surrogate pair.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_ROWS: {
    what: "The input has {rows} rows; the model {model} is declared to take at most {limit} at once.",
    hint: "Give it in parts of at most {limit} rows; `max_batch` of model.yaml or max_batch_size of config.pbtxt is the limit.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_OUTPUT_UNKNOWN: {
    what: "There is no output {name}; the model gives {expected}.",
    hint: ASK_THE_SIGNATURE,
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_FAILED: {
    what: "The model could not be run on this input: {problem}",
    hint: "Names, types and shapes did fit, so look at the values: indices out of range, lengths that do not go together.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  RUN_MEMORY: {
    what: "The model needs more memory for this input than there is: {problem}",
    hint: "Send fewer rows or a smaller input, or give the process more memory.",
    http: 507,
    grpc: "RESOURCE_EXHAUSTED",
  },
  RUN_QUEUE_FULL: {
    what: "{limit} requests are waiting for this model already.",
    hint: "Ask again in a moment, or give the model more instances or a longer queue.",
    http: 503,
    grpc: "UNAVAILABLE",
  },
  RUN_DEADLINE: {
    what: "The deadline passed while the request {state}.",
    hint: "Allow more time (the protocol's `timeout` is in microseconds, as Triton has it: 1000000 is a second), or give the model more instances. A run that takes too long is ended where the model has a process of its own (`isolation: process`).",
    http: 504,
    grpc: "DEADLINE_EXCEEDED",
  },
  RUN_WORKER_DIED: {
    what: "The {place} that ran the model has died: {problem}",
    hint: "Ask again: it is being started anew. If one input does this each time, please report the model and the input.",
    http: 503,
    grpc: "UNAVAILABLE",
  },
  MODEL_OVER_BUDGET: {
    what: "The {kind} {name} takes {needed} of memory, and the budget is {limit}{beside}.",
    hint: "Give `serve --memory` more, pin fewer models, or make the model smaller: `modelyard convert --precision`.",
    http: 507,
    grpc: "RESOURCE_EXHAUSTED",
  },
  RUN_CLOSED: {
    what: "The session is closed.",
    hint: "Open the model again; a session that was closed takes no more requests.",
    http: 503,
    grpc: "UNAVAILABLE",
  },
  RUN_STATE: {
    what: "State {name} does not fit the model: {problem}.",
    hint: "A state names an input and the output that becomes its next value, of one type, with a shape of fixed numbers.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  RUN_STATE_FED: {
    what: "Input {name} is a state that the stream holds itself.",
    hint: "Leave it out of the frame; open another stream to start from zero.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
