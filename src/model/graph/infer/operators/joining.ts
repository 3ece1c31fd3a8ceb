import { MAX_ELEMENTS } from "../elements.ts";
import {
  add,
  ceilDivide,
  divideExactly,
  floorDivide,
  type Maybe,
  multiply,
  product,
  subtract,
} from "../extent/index.ts";
import type { Elements } from "../fact.ts";
import {
  type Application,
  axesOf,
  axisOf,
  dtypeOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  type Output,
  type Rule,
  shapeOf,
  unknownShape,
  withLength,
} from "../rule.ts";

/** Operators that put tensors together along an axis, or take them apart. */

const concat: Rule = (at) => {
  const shapes = at.inputs.map((_, i) => shapeOf(at, i));
  const rank = shapes.find((shape) => shape !== null)?.length;
  const dtype = dtypeOf(at, 0);
  if (rank === undefined) return [{ dtype }];
  // Before version 4 the axis had a default.
  const axis = axisOf(at, intAttribute(at, "axis", 1), rank);
  if (axis === null) return [{ dtype, shape: unknownShape(rank) }];
  const shape = Array.from({ length: rank }, (_, i) =>
    i === axis
      ? total(shapes.map((each) => each?.[i] ?? null))
      : agreed(
          at,
          shapes.map((each) => each?.[i] ?? null),
          i,
        ),
  );
  return [{ dtype, shape, elements: rank === 1 ? joined(at) : null }];
};

function total(lengths: readonly Maybe[]): Maybe {
  let sum: Maybe = 0;
  for (const length of lengths) sum = add(sum, length);
  return sum;
}

/** One length of which several are sure to be equal: a number tells most. */
export function agreed(at: Application, lengths: readonly Maybe[], axis: number): Maybe {
  let found: Maybe = null;
  for (const length of lengths) {
    if (length === null) continue;
    if (typeof found === "number" && typeof length === "number" && found !== length)
      at.conflict(`lengths ${found} and ${length} on axis ${axis}`);
    if (found === null || (typeof length === "number" && typeof found !== "number")) found = length;
  }
  return found;
}

/** Contents one after the other; those of which only the number is known stay unknown. */
function joined(at: Application): Elements | null {
  const all: Maybe[] = [];
  for (let i = 0; i < at.inputs.length; i++) {
    const length = shapeOf(at, i)?.[0];
    const elements =
      elementsOf(at, i) ??
      (typeof length === "number" && length <= MAX_ELEMENTS ? unknownShape(length) : null);
    if (!elements || all.length + elements.length > MAX_ELEMENTS) return null;
    all.push(...elements);
  }
  return all;
}

const split: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const count = at.node.outputs.length;
  if (!dims) return [];
  const axis = axisOf(at, intAttribute(at, "axis", 0), dims.length);
  if (axis === null) return at.node.outputs.map(() => ({ shape: unknownShape(dims.length) }));
  const lengths = partsOf(at, dims[axis] ?? null, count);
  const elements = dims.length === 1 ? elementsOf(at, 0) : null;
  let start = 0;
  return lengths.map((length): Output => {
    const from = start;
    start += typeof length === "number" ? length : Number.NaN;
    return {
      shape: withLength(dims, axis, length),
      elements: Number.isNaN(start) ? null : (elements?.slice(from, start) ?? null),
    };
  });
};

function partsOf(at: Application, length: Maybe, count: number): readonly Maybe[] {
  const given = axesOf(at, "split", 1);
  if (given) {
    const sum = given.reduce((total, part) => total + part, 0);
    if (given.length !== count) at.conflict(`${given.length} parts for ${count} outputs`);
    else if (typeof length === "number" && sum !== length)
      at.conflict(`parts of ${sum} in all, of an axis that has ${length}`);
    return Array.from({ length: count }, (_, i) => given[i] ?? null);
  }
  const listed = hasInput(at, 1) ? product(shapeOf(at, 1) ?? [null]) : null;
  if (typeof listed === "number" && listed !== count) at.conflict(`${listed} parts for ${count} outputs`);
  if (at.inputs[1]) return new Array<Maybe>(count).fill(null);
  // Equal parts; from version 18 on the last is shorter where they cannot be equal.
  if (at.version < 18 && typeof length === "number" && length % count !== 0)
    at.conflict(`${count} equal parts of an axis that has ${length}`);
  if (at.version < 18)
    return new Array<Maybe>(count).fill(divideExactly(length, count) ?? floorDivide(length, count));
  const part = ceilDivide(length, count);
  const parts = new Array<Maybe>(count).fill(part);
  parts[count - 1] = subtract(length, multiply(part, count - 1));
  return parts;
}

export const JOINING: Family = {
  domain: "",
  rules: { Concat: concat, Split: split },
};
