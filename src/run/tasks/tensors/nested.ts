import { fail, isModelyardError } from "../../../base/errors/index.ts";
import { type DType, elementCount, type Tensor, tensorFromNumbers } from "../../../model/tensor/index.ts";
import { describeValue } from "../inputs.ts";

/** Deepest nesting of lists: no runtime knows tensors of more dimensions, and deeper JSON is an attack on the stack. */
export const MAX_DEPTH = 64;

/**
 * Nested lists as a tensor: the shape is read off the lists.
 * @param shape given where the values are a flat list
 * @throws TASK_TENSOR_DEEP, TASK_TENSOR_RAGGED, TASK_TENSOR_VALUE, TASK_TENSOR_SHAPE
 */
export function tensorFromNested(
  name: string,
  dtype: DType,
  value: unknown,
  shape?: readonly number[],
): Tensor {
  const nested = shapeOf(name, value);
  const flat: unknown[] = [];
  flatten(name, value, nested, 0, flat);
  const wanted = shape ?? nested;
  if (elementCount(wanted, `input ${name}`) !== flat.length) {
    throw fail("TASK_TENSOR_SHAPE", { name, count: flat.length, shape: wanted.join(", ") });
  }
  return fromValues(name, dtype, wanted, flat);
}

/** The lengths along the first element of every list; the rest is held to them by `flatten`. */
function shapeOf(name: string, value: unknown): number[] {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    if (shape.length === MAX_DEPTH) throw fail("TASK_TENSOR_DEEP", { name, limit: MAX_DEPTH });
    shape.push(inner.length);
    if (inner.length === 0) break;
  }
  return shape;
}

/** Appends the leaves row-major. As deep as the shape at most, whatever the value is. */
function flatten(
  name: string,
  value: unknown,
  shape: readonly number[],
  depth: number,
  into: unknown[],
): void {
  if (depth === shape.length) {
    if (Array.isArray(value)) throw ragged(name, `a list where others have a value, at depth ${depth}`);
    into.push(value);
    return;
  }
  if (!Array.isArray(value)) throw ragged(name, `a value where others have a list, at depth ${depth}`);
  const length = shape[depth] as number;
  if (value.length !== length) throw ragged(name, `${length} and ${value.length} at depth ${depth}`);
  for (const each of value) flatten(name, each, shape, depth + 1, into);
}

function ragged(name: string, problem: string) {
  return fail("TASK_TENSOR_RAGGED", { name, problem });
}

function fromValues(
  name: string,
  dtype: DType,
  shape: readonly number[],
  values: readonly unknown[],
): Tensor {
  const misfit = (value: unknown) => fail("TASK_TENSOR_VALUE", { name, dtype, value: describeValue(value) });
  if (dtype === "string") {
    const data = values.map((value) => {
      if (typeof value !== "string") throw misfit(value);
      return value;
    });
    return { dtype, shape, data };
  }
  const numbers = values.map((value) => {
    const number = toNumber(dtype, value);
    if (number === null) throw misfit(value);
    return number;
  });
  try {
    return tensorFromNumbers(dtype, shape, numbers);
  } catch (error) {
    const value =
      isModelyardError(error) && error.code === "MODEL_NUMBER_MISFIT" ? error.details.value : undefined;
    throw value === undefined ? error : misfit(value);
  }
}

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** JSON's values as numbers; null for what is none of the type. */
function toNumber(dtype: DType, value: unknown): number | bigint | null {
  if (typeof value === "number") return dtype === "bool" && value !== 0 && value !== 1 ? null : value;
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return dtype === "bool" ? Number(value) : null;
  if (typeof value !== "string") return null;
  const isFloat = dtype.includes("float");
  if (isFloat) return Object.hasOwn(SPECIAL, value) ? (SPECIAL[value] ?? null) : null;
  // Whole numbers beyond 2^53 lose digits as JSON numbers.
  return /^-?\d{1,20}$/.test(value) && dtype !== "bool" ? BigInt(value) : null;
}
