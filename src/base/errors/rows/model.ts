import type { ErrorRow } from "../error.ts";

export const MODEL_ERRORS = {
  MODEL_PROTOBUF_DAMAGED: {
    what: "{file} is damaged, or not the protobuf file that it seems to be: {problem}.",
    hint: "Fetch or export the file again; compare its size and checksum with the source's.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MODEL_STRUCTURE_TOO_LARGE: {
    what: "The structure of {file}, without its weights, takes more than {limit} bytes.",
    hint: "A model of this kind is split into several files, or its constants are moved to external data.",
    http: 400,
    grpc: "RESOURCE_EXHAUSTED",
  },
  MODEL_TOO_MANY_NODES: {
    what: "The model has more than {limit} nodes.",
    hint: "Such a graph is usually an unrolled loop: export it with a Loop or Scan operator.",
    http: 400,
    grpc: "RESOURCE_EXHAUSTED",
  },
  MODEL_NOT_ONNX: {
    what: "{file} is no ONNX model: {problem}.",
    hint: "Check that this is the model file, and not a tensor, a training checkpoint or another format under this name.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_EMPTY: {
    what: "{file} is empty.",
    hint: "A download or copy did not finish: fetch the file again.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_FORMAT_UNKNOWN: {
    what: "{file} is in no format that Modelyard knows; it begins with {head}.",
    hint: "Models are read from: {readable}.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_FORMAT_LATER: {
    what: "{file} is {title}, which Modelyard recognises but does not read yet.",
    hint: "{advice}",
    http: 400,
    grpc: "UNIMPLEMENTED",
  },
  MODEL_SHAPE_INVALID: {
    what: "The {what} has the shape {shape}, which cannot be.",
    hint: "Lengths are whole numbers from 0 and their product stays below 2^53; the file is damaged or hostile.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_TENSOR_TYPE_UNKNOWN: {
    what: "The {what} has the element type {type}, which no version of ONNX knows.",
    hint: "The file is damaged, or newer than this version of Modelyard.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_TENSOR_SIZE: {
    what: "The {what} has {bytes} bytes or elements where {dtype} of shape {shape} needs {expected}.",
    hint: "The file is cut off or damaged: export or fetch it again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MODEL_TENSOR_TEXT_OUTSIDE: {
    what: "The {what} holds strings but claims to lie in another file.",
    hint: "ONNX keeps strings inside the model: export it again.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_TENSOR_TEXT_RAW: {
    what: "The {what} holds strings but its bytes are raw.",
    hint: "ONNX keeps strings in string_data: export it again.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_TENSOR_IS_TEXT: {
    what: "A tensor of {dtype} has no dense bytes.",
    hint: "Read strings as strings.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_NUMBER_MISFIT: {
    what: "{value} is no value of {dtype}.",
    hint: "Give numbers of the type's range, whole ones for whole types: they are never wrapped or cut.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_DTYPE_NO_NUMBERS: {
    what: "Plain numbers cannot be turned into {dtype}.",
    hint: "Give its raw words instead, as .npy or bytes.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_NPY_DAMAGED: {
    what: "{file} is damaged, or no .npy file: {problem}.",
    hint: "Save the array again with numpy.save; one array a file.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MODEL_NPY_TYPE: {
    what: "{file} holds {type}, which is no tensor's element type.",
    hint: "Convert the array first, for example with astype(numpy.float32). Python objects are never read: they may run code.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MODEL_EXTERNAL_MISSING: {
    what: "The bytes of the tensor {tensor} lie in {location}, which is not beside the model.",
    hint: "Put that file into the model's folder.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  MODEL_EXTERNAL_CUT: {
    what: "The tensor {tensor} should lie at byte {offset} of {location} with {length} bytes, but that file has {size} bytes.",
    hint: "The weights file is cut off or of another model: fetch both again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MODEL_EXTERNAL_NUMBER: {
    what: "The external tensor {tensor} has {key} {text}, which is no number of bytes.",
    hint: "The file is damaged: export it again.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
} as const satisfies Record<string, ErrorRow>;
