export { constantTensor } from "./constant.ts";
export { DTYPES, type DType } from "./dtype.ts";
export {
  ARRAYS,
  byteLengthOf,
  bytesOf,
  countOf,
  elementCount,
  tensorFromBytes,
  tensorFromNumbers,
} from "./elements.ts";
export { fromBfloat16, fromHalf, toBfloat16, toHalf } from "./half.ts";
export { permuted, renamed, reshaped } from "./permuted.ts";
export { readSmall } from "./small.ts";
export type { Dim, LazyTensor, Signature, Tensor, TensorData, TensorSpec, Tensors } from "./tensor.ts";
