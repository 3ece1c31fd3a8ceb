import type { DType } from "../../tensor/dtype.ts";
import { fromHalf, toHalf } from "../../tensor/index.ts";
import { lowerBound, type Maybe } from "./extent/index.ts";
import type { Elements } from "./fact.ts";

/** Contents longer than this are no shape arithmetic: shapes, axes, pads, indices and sizes are shorter. */
export const MAX_ELEMENTS = 256;

/** How many elements a tensor of rank 0 or 1 has; null for others, and where that is unknown. */
export function lengthOf(shape: readonly Maybe[] | null): number | null {
  if (!shape || shape.length > 1) return null;
  const length = shape.length === 0 ? 1 : shape[0];
  return typeof length === "number" ? length : null;
}

/** Contents that are all the same. */
export function repeated(element: Maybe, length: number | null): Elements | null {
  if (element === null || length === null || !(length >= 0 && length <= MAX_ELEMENTS)) return null;
  return Array.from({ length }, () => element);
}

/** Least and greatest numbers of the whole types; those of int64 and uint64 as close as a number comes. */
const RANGES: Readonly<Partial<Record<DType, readonly [least: number, greatest: number]>>> = {
  bool: [0, 1],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint64: [0, 2 ** 64],
};
/** Types that hold any length there is; expressions of others may not fit. */
const WIDE = new Set<DType>(["int32", "int64", "uint32", "uint64", "float32", "float64"]);

/**
 * Contents as a tensor of this type holds them: floats are rounded, and what does not fit is unknown, since it wraps at run
 * time. Expressions stay where the type holds lengths, and unsigned ones where they cannot be negative.
 */
export function asDtype(elements: Elements, dtype: DType | null): Elements | null {
  if (dtype === null) return null;
  const range = RANGES[dtype];
  if (!range && !FLOATS[dtype]) return null;
  return elements.map((element) => {
    if (element === null) return null;
    if (typeof element !== "number") {
      if (!WIDE.has(dtype)) return null;
      return dtype.startsWith("u") && lowerBound(element) < 0 ? null : element;
    }
    if (!range) return FLOATS[dtype]?.(element) ?? null;
    return Number.isInteger(element) && element >= range[0] && element <= range[1] ? element : null;
  });
}

const FLOATS: Readonly<Partial<Record<DType, (value: number) => number>>> = {
  float16: (value) => fromHalf(toHalf(value)),
  float32: Math.fround,
  float64: (value) => value,
};
