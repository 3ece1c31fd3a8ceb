export { isModelyardError, ModelyardError } from "./base/errors/index.ts";
export { type Answers, type ConvertFileOptions, load, type Model, type OpenedFile, open } from "./library.ts";
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
export type { Pixels } from "./run/tasks/index.ts";
export { cropRegions } from "./run/tasks/text-detection/crop.ts";
