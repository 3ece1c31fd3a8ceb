import { add, greatest, least, type Maybe, product } from "../extent/index.ts";
import type { Elements } from "../fact.ts";
import {
  type Application,
  allNumbers,
  axisOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  intsAttribute,
  type Output,
  type Rule,
  shapeOf,
  unknownShape,
  withLength,
} from "../rule.ts";

/** Operators that reduce axes to one element each. */

type Reduction = (elements: Elements) => Maybe;

/** The axes are an attribute before version 18 (ReduceSum: 13), an input since; none means all. */
const reduce =
  (reduction?: Reduction): Rule =>
  (at) => {
    const dims = shapeOf(at, 0);
    const keeps = intAttribute(at, "keepdims", 1) === 1;
    if (!dims) return [{}];
    const given = intsAttribute(at, "axes") ?? allNumbers(elementsOf(at, 1));
    if (!given && hasInput(at, 1) && shapeOf(at, 1)?.[0] !== 0)
      return [{ shape: unknownAxes(at, dims.length, keeps) }];
    if (!given?.length && intAttribute(at, "noop_with_empty_axes", 0) === 1)
      return [{ shape: dims, elements: reduction ? elementsOf(at, 0) : null }];
    const axes = new Set(given?.length ? given.map((axis) => axisOf(at, axis, dims.length)) : dims.keys());
    const shape = keeps
      ? dims.map((dim, axis) => (axes.has(axis) ? 1 : dim))
      : dims.filter((_, axis) => !axes.has(axis));
    const elements = dims.length === 1 && axes.size === 1 ? elementsOf(at, 0) : null;
    return [{ shape, elements: elements && reduction ? [reduction(elements)] : null } satisfies Output];
  };

function unknownAxes(at: Application, rank: number, keeps: boolean): readonly Maybe[] | null {
  if (keeps) return unknownShape(rank);
  const count = shapeOf(at, 1)?.[0];
  return typeof count === "number" ? unknownShape(Math.max(rank - count, 0)) : null;
}

const arg: Rule = (at) => {
  const dims = shapeOf(at, 0);
  if (!dims) return [null];
  const keeps = intAttribute(at, "keepdims", 1) === 1;
  const axis = axisOf(at, intAttribute(at, "axis", 0), dims.length);
  if (axis === null) return [{ shape: unknownShape(keeps ? dims.length : dims.length - 1) }];
  return [{ dtype: "int64", shape: keeps ? withLength(dims, axis, 1) : dims.filter((_, i) => i !== axis) }];
};

const each =
  (step: (a: Maybe, b: Maybe) => Maybe): Reduction =>
  (elements) =>
    elements.length === 0 ? null : elements.slice(1).reduce(step, elements[0] ?? null);

export const REDUCTIONS: Family = {
  domain: "",
  rules: {
    ...Object.fromEntries(
      ["L1", "L2", "LogSum", "LogSumExp", "Mean", "SumSquare"].map((name) => [`Reduce${name}`, reduce()]),
    ),
    ReduceMax: reduce(each(greatest)),
    ReduceMin: reduce(each(least)),
    ReduceProd: reduce(product),
    ReduceSum: reduce(each(add)),
    ArgMax: arg,
    ArgMin: arg,
  },
};
