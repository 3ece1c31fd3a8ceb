import { fromBfloat16, fromHalf, type Tensor } from "../../../model/tensor/index.ts";

/**
 * The elements of a tensor as JSON can carry them, row-major: whole numbers beyond 2^53 as decimal text, not-a-number
 * and infinity as text, booleans as booleans, half floats as numbers.
 */
export function jsonValues({ dtype, data }: Tensor): (number | string | boolean)[] {
  if (Array.isArray(data)) return [...data];
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Array.from(data as BigInt64Array, (value) => {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    });
  }
  const raw: ArrayLike<number> = data;
  if (dtype === "bool") return Array.from(raw, (value) => value !== 0);
  if (dtype === "float16") return Array.from(raw, (word) => finite(fromHalf(word)));
  if (dtype === "bfloat16") return Array.from(raw, (word) => finite(fromBfloat16(word)));
  return Array.from(raw, finite);
}

function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** A flat list of values in nested lists of a shape; the value itself for a scalar. */
export function nest<T>(values: readonly T[], shape: readonly number[]): unknown {
  if (shape.length === 0) return values[0];
  let level: unknown[] = [...values];
  for (let depth = shape.length - 1; depth > 0; depth--) {
    const length = shape[depth] as number;
    const count = shape.slice(0, depth).reduce((product, dim) => product * dim, 1);
    const lists = level;
    level = Array.from({ length: count }, (_, i) => lists.slice(i * length, (i + 1) * length));
  }
  return level;
}
