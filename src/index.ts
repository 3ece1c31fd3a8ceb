export { isModelyardError, ModelyardError } from "./base/errors/index.ts";
export {
  type Answers,
  type ConvertFileOptions,
  type Inputs,
  load,
  loadPipeline,
  type Model,
  type OpenedFile,
  open,
  type Pipeline,
} from "./library.ts";
export type { Contract, Evidence, ModelFile } from "./model/contract/contract.ts";
export type { DType } from "./model/tensor/dtype.ts";
export type { Signature, Tensor, TensorSpec, Tensors } from "./model/tensor/tensor.ts";
export type {
  Calibration,
  ConvertOptions,
  ConvertReport,
  Sample,
  VerifyReport,
} from "./run/convert/index.ts";
export { each, type Pipe, type PipeContext, type PipeStep, pipe } from "./run/pipeline/graph/pipe.ts";
export type { Pixels } from "./run/tasks/task.ts";
export { cropRegions } from "./run/tasks/text-detection/crop.ts";
