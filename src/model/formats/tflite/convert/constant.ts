import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Quantization, TfliteTensor } from "../file/model.ts";
import { refuse } from "./refusal.ts";

/** A constant of the file, and what is done to its content to have what the tensor holds. */
export interface Constant {
  readonly content: LazyTensor;
  /** A weight may be stored smaller than it is used: DEQUANTIZE of a constant. */
  readonly decode: { readonly op: "Cast" } | { readonly op: "Dequantize"; readonly by: Quantization } | null;
}

/**
 * A constant as the content of a tensor that an operator makes: with as many elements as the tensor declares.
 * @throws Refusal
 */
export function fitting({ dims }: TfliteTensor, constant: Constant): Constant {
  const declared = dims?.every((dim) => dim !== null) ? (dims as readonly number[]) : null;
  const { shape } = constant.content;
  if (declared && countOf(declared) !== countOf(shape))
    throw refuse(`its output declares the shape [${declared}] and is a constant of the shape [${shape}]`);
  return constant;
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((count, length) => count * length, 1);
}

/**
 * What says where and how many: a damaged file may have it as floating point.
 * @throws Refusal
 */
export function wholeNumbers(numbers: number[], what: string): number[] {
  if (!numbers.every(Number.isSafeInteger)) throw refuse(`${what} is not of whole numbers`);
  return numbers;
}
