import { type Extent, floorDivide, type Maybe, multiply } from "../extent/index.ts";
import {
  type Application,
  axisOf,
  elementsOf,
  type Family,
  floatAttribute,
  floatsAttribute,
  intsAttribute,
  numbersOf,
  type Rule,
  shapeOf,
  stringAttribute,
} from "../rule.ts";

/**
 * The runtime's inference multiplies scales in double precision, its kernel in single: where the two differ, nothing is said
 * (10 times 1.3 is 12 or 13).
 */
function scaled(length: Maybe, scale: number | undefined): Maybe {
  if (length === null || scale === undefined) return null;
  const factor = Math.fround(scale);
  if (typeof length === "number") {
    const product = Math.floor(length * factor);
    return product === Math.floor(Math.fround(Math.fround(length) * factor)) ? product : null;
  }
  if (factor === 1) return length;
  // Of a length that is not known, only scales that are short binary fractions are multiplied exactly.
  const numerator = factor * DENOMINATOR;
  return Number.isInteger(numerator) ? floorDivide(multiply(length, numerator), DENOMINATOR) : null;
}

const DENOMINATOR = 64;

const upsample: Rule = (at) => {
  const data = shapeOf(at, 0);
  const scales =
    at.version < 7
      ? [1, 1, floatAttribute(at, "height_scale", 1), floatAttribute(at, "width_scale", 1)]
      : (floatsAttribute(at, "scales") ?? numbersOf(at, 1));
  return [{ shape: data?.map((dim, axis) => scaled(dim, scales?.[axis])) ?? null }];
};

const resize: Rule = (at) => {
  const data = shapeOf(at, 0);
  if (!data) return [null];
  const [scales, sizes] = at.version < 11 ? [numbersOf(at, 1), null] : [numbersOf(at, 2), elementsOf(at, 3)];
  const given = sizes && sizes.length > 0 ? sizes : scales && scales.length > 0 ? scales : null;
  const axes = axesOf(at, data.length);
  if (!given || !axes || given.length !== axes.length) {
    // Axes that are not named stay as they are.
    const resized = axes && new Set(axes);
    return [{ shape: data.map((dim, axis) => (!resized || resized.has(axis) ? null : dim)) }];
  }
  const shape: Maybe[] = [...data];
  if (given === sizes) {
    const asked = fitted(at, data, axes, sizes);
    for (const [i, axis] of axes.entries()) shape[axis] = asked[i] ?? null;
  } else if (scales) {
    for (const [i, axis] of axes.entries()) shape[axis] = scaled(data[axis] ?? null, scales[i]);
  }
  return [{ shape }];
};

function axesOf(at: Application, rank: number): readonly number[] | null {
  const named = intsAttribute(at, "axes");
  if (!named || named.length === 0) return Array.from({ length: rank }, (_, axis) => axis);
  const axes: number[] = [];
  for (const each of named) {
    const axis = axisOf(at, each, rank);
    if (axis === null) return null;
    axes.push(axis);
  }
  return axes;
}

/** Sizes, or what keeps the proportions within or around them (keep_aspect_ratio_policy, opset 18). */
function fitted(
  at: Application,
  data: readonly Extent[],
  axes: readonly number[],
  sizes: readonly Maybe[],
): readonly Maybe[] {
  const policy = stringAttribute(at, "keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch") return sizes;
  const lengths = axes.map((axis) => data[axis]);
  if (!isNumbers(lengths) || !isNumbers(sizes)) return sizes.map(() => null);
  const ratios = sizes.map((size, i) => Math.fround(size / (lengths[i] ?? 1)));
  const better = policy === "not_larger" ? Math.min : Math.max;
  const ratio = ratios.reduce((a, b) => better(a, b));
  return lengths.map((length) => Math.floor(Math.fround(ratio * length) + 0.5));
}

function isNumbers(list: readonly (Maybe | undefined)[]): list is number[] {
  return list.every((each) => typeof each === "number");
}

export const RESIZE: Family = { domain: "", rules: { Resize: resize, Upsample: upsample } };
