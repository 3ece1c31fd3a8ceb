export { DTYPES, type DType } from "./dtype.ts";
export {
  ARRAYS,
  byteLengthOf,
  bytesOf,
  elementCount,
  tensorFromBytes,
  tensorFromNumbers,
} from "./elements.ts";
export type { Dim, LazyTensor, Signature, Tensor, TensorData, TensorSpec, Tensors } from "./tensor.ts";
