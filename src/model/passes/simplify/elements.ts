import type { Node, Value } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import { fromBfloat16, fromHalf } from "../../tensor/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Rewrite } from "./rewrite.ts";

/** Whole types whose elements are numbers of their own, one array element each. */
export const WHOLE: ReadonlySet<DType> = new Set([
  "int64",
  "int32",
  "int16",
  "int8",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "bool",
]);

/** Float types whose rules for zeros, infinities and rounding are IEEE 754's. */
export const FLOAT: ReadonlySet<DType> = new Set(["float32", "float64", "float16", "bfloat16"]);

const DECODE: Partial<Record<DType, (word: number) => number>> = {
  float16: fromHalf,
  bfloat16: fromBfloat16,
};

/** The elements as numbers; null for types that are none, and for whole numbers beyond 2^53. */
export function numbersIn({ dtype, data }: Tensor): number[] | null {
  if (!WHOLE.has(dtype) && !FLOAT.has(dtype)) return null;
  const decode = DECODE[dtype];
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  if (decode) return numbers.map(decode);
  return FLOAT.has(dtype) || numbers.every(Number.isSafeInteger) ? numbers : null;
}

/** The contents of a small constant of a number type. */
export async function numbersOf(rewrite: Rewrite, value: Value | null | undefined): Promise<number[] | null> {
  const tensor = await rewrite.read(value);
  return tensor && numbersIn(tensor);
}

/** Whole numbers that are certain: those of a constant, or what shape arithmetic knows in full. */
export async function intsOfValue(
  rewrite: Rewrite,
  value: Value | null | undefined,
): Promise<readonly number[] | null> {
  if (!value) return null;
  const tensor = await rewrite.read(value);
  if (tensor) return WHOLE.has(tensor.dtype) ? numbersIn(tensor) : null;
  const known = rewrite.types.knownOf(value);
  const numbers = known?.filter((each): each is number => typeof each === "number" && Number.isInteger(each));
  return numbers && numbers.length === known?.length ? numbers : null;
}

/**
 * Whole numbers that an operator takes as an attribute in old opsets and as an input in newer ones (axes, pads, starts …).
 * @returns undefined where they are left out, null where they are not known
 */
export async function intsAt(
  rewrite: Rewrite,
  node: Node,
  name: string,
  index: number,
): Promise<readonly number[] | null | undefined> {
  const attribute = node.attributes.get(name);
  if (attribute?.kind === "ints") return attribute.value.map(Number);
  if (attribute) return null;
  const input = node.inputs[index];
  return input ? intsOfValue(rewrite, input) : undefined;
}

/** Axes from 0 on, in the order given; null where one is beyond the rank, or stands twice. */
export function normalAxes(axes: readonly number[], rank: number | undefined): number[] | null {
  const normal = axes.map((axis) => (axis < 0 ? axis + (rank ?? Number.NaN) : axis));
  if (normal.some((axis) => !(axis >= 0) || (rank !== undefined && axis >= rank))) return null;
  return new Set(normal).size === normal.length ? normal : null;
}
