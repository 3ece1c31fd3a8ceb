import type { ErrorRow } from "../error.ts";

/** Of the code that a person put beside a model, and of pipelines. */
export const MODULE_ERRORS = {
  MODULE_LOAD: {
    what: "The module {file} could not be loaded: {problem}",
    hint: "Mend the file: the place is in what `run` prints, and in the server's log. Types are stripped, so that no step of building is needed.",
    http: 503,
    grpc: "FAILED_PRECONDITION",
  },
  MODULE_EXPORT: {
    what: "The module {file} exports {found}, where {wanted} is needed.",
    hint: "Export an ordinary or async function of that name.",
    http: 503,
    grpc: "FAILED_PRECONDITION",
  },
  MODULE_FAILED: {
    what: "{call} of {file} failed: {problem}",
    hint: "This is the module's own error: its stack is in what `run` prints, in the server's log, and for a program in `cause`.",
    http: 500,
    grpc: "INTERNAL",
  },
  MODULE_HANGS: {
    what: "{call} of {file} had not answered after {limit} ms and was ended.",
    hint: "Mend what does not end in it, or allow it more with `deadline_ms`.",
    http: 504,
    grpc: "DEADLINE_EXCEEDED",
  },
  MODULE_MEMORY: {
    what: "{call} of {file} took more than the {limit} MiB that a module may hold, and was ended.",
    hint: "Look for what the module keeps from call to call, or give it less at once.",
    http: 507,
    grpc: "RESOURCE_EXHAUSTED",
  },
  MODULE_ENDED: {
    what: "{call} of {file} ended its own thread: {problem}.",
    hint: "A module returns or throws: it does not call process.exit, and what a promise or a timer of it throws is caught.",
    http: 500,
    grpc: "INTERNAL",
  },
  MODULE_SHAPE: {
    what: "{call} of {file} gave {found} {place}, where {wanted} belongs.",
    hint: "Give what the contract says (`modelyard types` writes it down), or correct `answer` or `gives`.",
    http: 500,
    grpc: "INTERNAL",
  },
  PIPE_STEP: {
    what: "Step {which} is {found}, which answers nothing.",
    hint: "Give a model that was loaded, another pipe, or a function: `load` and `loadPipeline` are awaited first.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  PIPELINE_CYCLE: {
    what: "The steps of the pipeline wait for each other: {steps}.",
    hint: "Let one of them take something else.",
    http: 503,
    grpc: "FAILED_PRECONDITION",
  },
  PIPELINE_REFERENCE: {
    what: "The step {step} takes {reference}, which is not there.",
    hint: "What it may take: {known}, and parts of them, as in step.name or step.0.",
    http: 503,
    grpc: "FAILED_PRECONDITION",
  },
  PIPELINE_MODULE_MISSING: {
    what: "The step {step} is {source}, which is not there.",
    hint: "Correct the path in pipeline.yaml, which begins at its own folder.",
    http: 503,
    grpc: "FAILED_PRECONDITION",
  },
  PIPELINE_TYPES: {
    what: "The step {step} takes {wanted} and is given {given} by {from}.",
    hint: "Put a step between them that makes the one out of the other, or correct `takes` and `gives`.",
    http: 503,
    grpc: "FAILED_PRECONDITION",
  },
  PIPELINE_VALUE: {
    what: "The step {step} was given {found} {place}, where {wanted} belongs.",
    hint: "Look at what the step before it gave; `takes` and `gives` in pipeline.yaml say what belongs there.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  PIPELINE_TOO_MANY: {
    what: "The step {step} was to answer {count} things of one request; the limit is {limit}.",
    hint: "Let the step before it give fewer of them.",
    http: 413,
    grpc: "RESOURCE_EXHAUSTED",
  },
  PIPELINE_OPTIONS: {
    what: "The options of the pipeline name {step}, which {problem}.",
    hint: "Options go by step, as in {example}. Its steps are: {known}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  PIPELINE_NO_MODEL: {
    what: "{folder} holds a pipeline, which is no model by itself.",
    hint: "`run`, `serve` and `types` take a pipeline; this takes one of its models.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
} as const satisfies Record<string, ErrorRow>;
