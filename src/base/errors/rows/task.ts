import type { ErrorRow } from "../error.ts";

export const TASK_ERRORS = {
  TASK_UNKNOWN: {
    what: "There is no task {task}.",
    hint: "Known tasks: {known}. Correct `task` in model.yaml.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  TASK_MISFIT: {
    what: "The task {task} does not fit this model: {reason}.",
    hint: "Correct `task`, `inputs` or `outputs` in model.yaml; the task `tensors` fits every model.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  TASK_INPUT_KIND: {
    what: "{task} takes {wanted} and was given {given}.",
    hint: "GET /models/<name> and `modelyard inspect` say what the model takes, with an example.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_MEANING: {
    what: "A model without a known task takes named tensors as JSON ({expected}) and was given {given}.",
    hint: "{wanted}",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_OPTION: {
    what: "The option {option} is {given}.",
    hint: "It must be {wanted}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_OPTION_UNKNOWN: {
    what: "The task {task} has no option {option}.",
    hint: "{known}",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_BASE64: {
    what: "The text is no file in base64.",
    hint: "Send the file itself as the body, or its bytes in base64 (RFC 4648), with or without data:…;base64, before it.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_OUTPUT: {
    what: "The model's output {tensor} is {found}, where {task} needs {wanted}.",
    hint: "Correct `task` or `outputs` in model.yaml; the task `tensors` gives every output as it is.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  TASK_CALIBRATION: {
    what: "Line {line} of the calibration of scores is {text}, which is not scale,slope,offset and perhaps a least score.",
    hint: "Mend the file that `calibration.parameters` names in model.yaml, or leave calibration out there.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  TASK_ANCHORS: {
    what: "The anchors do not fit the boxes: {problem}.",
    hint: "Correct `anchors` of this output in model.yaml; `modelyard inspect` shows the shape of the boxes.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  TASK_TOKENIZER: {
    what: "Text cannot be made into tokens: {problem}.",
    hint: "Write `tokenizer` with its `kind` (wordpiece, regex or whitespace) and `vocabulary: vocab.txt` under this input in model.yaml, and put that file beside the model, or give the token numbers themselves as named tensors.",
    http: 422,
    grpc: "FAILED_PRECONDITION",
  },
  TASK_TENSORS: {
    what: "The input cannot be read as named tensors: {problem}.",
    hint: "Give an object of names with nested lists under the key inputs, or the Open Inference Protocol's list with name, shape, datatype and data. The model takes {expected}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_TENSOR_DEEP: {
    what: "The input {name} is nested deeper than {limit} lists.",
    hint: "No model takes a tensor of so many dimensions.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_TENSOR_RAGGED: {
    what: "The lists of the input {name} differ in length: {problem}.",
    hint: "Every list of one depth has the same length.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_TENSOR_VALUE: {
    what: "The input {name} has {value} where {dtype} is needed.",
    hint: "Numbers must lie in the type's range (they are never wrapped or cut); not-a-number and infinity are written as strings, whole numbers beyond 2^53 too.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_TENSOR_SHAPE: {
    what: "The input {name} has {count} values, which do not make the shape [{shape}].",
    hint: "The number of values is the product of the shape.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_INPUT_NOT_JSON: {
    what: "The file {path} is not JSON: {problem}",
    hint: "Mend the file, or give tensors as .npy: the only one of a model as it is, others with --input name=file.npy.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  TASK_TENSOR_FILE: {
    what: "{path} holds no tensor: {problem}.",
    hint: "Give a .npy file (numpy.save) or a .json file with nested lists; of several tensors, each with --input name=file, or all in one .json.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
