import { divideExactly, isSame, type Maybe, product } from "../extent/index.ts";
import {
  type Application,
  dtypeOf,
  elementsOf,
  type Family,
  intAttribute,
  intsAttribute,
  type Rule,
  shapeOf,
  unknownShape,
} from "../rule.ts";

/** Operators that read a tensor's shape or give it another one. */

const shape: Rule = (at) => {
  const dims = shapeOf(at, 0);
  if (!dims) return [{ dtype: "int64", shape: [null] }];
  const clamped = (index: number) =>
    Math.min(Math.max(index < 0 ? index + dims.length : index, 0), dims.length);
  const [start, end] = [clamped(intAttribute(at, "start", 0)), clamped(intAttribute(at, "end", dims.length))];
  const elements = dims.slice(start, end);
  return [{ dtype: "int64", shape: [elements.length], elements }];
};

const reshape: Rule = (at) => {
  const before = shapeOf(at, 0);
  const target = at.version < 5 ? intsAttribute(at, "shape") : elementsOf(at, 1);
  const dtype = dtypeOf(at, 0);
  if (!target) {
    const rank = shapeOf(at, 1)?.[0];
    return [{ dtype, shape: typeof rank === "number" ? unknownShape(rank) : null }];
  }
  return [{ dtype, shape: reshaped(at, before, target), elements: elementsOf(at, 0) }];
};

function reshaped(
  at: Application,
  before: readonly Maybe[] | null,
  target: readonly Maybe[],
): readonly Maybe[] {
  const keepsZeros = intAttribute(at, "allowzero", 0) === 1;
  const dims = target.map((dim, axis): Maybe => {
    if (dim === 0 && !keepsZeros) return before?.[axis] ?? null;
    // What is computed may turn out as -1 or 0, unless it is known to be positive.
    return dim;
  });
  // The elements stay as many as they were, so one unknown length follows from the others like one that is asked for.
  const open = target.includes(-1) ? target.indexOf(-1) : dims.indexOf(null);
  if (open < 0) return dims;
  const others = dims.filter((_, axis) => axis !== open);
  dims[open] = before ? quotient(before, others) : null;
  return dims;
}

/** The length that is left for -1: elements before by elements beside it. Lengths on both sides go out first. */
function quotient(before: readonly Maybe[], others: readonly Maybe[]): Maybe {
  const dividend = [...before];
  const divisor: Maybe[] = [];
  for (const dim of others) {
    const at = dividend.findIndex((each) => isSame(each, dim));
    if (at >= 0) dividend.splice(at, 1);
    else divisor.push(dim);
  }
  return divideExactly(product(dividend), product(divisor));
}

export const SHAPES: Family = {
  domain: "",
  rules: {
    Shape: shape,
    Size: (at) => {
      const dims = shapeOf(at, 0);
      return [{ dtype: "int64", shape: [], elements: dims && [product(dims)] }];
    },
    Reshape: reshape,
  },
};
