import { broadcastShapes } from "../broadcasting.ts";
import { lengthOf, repeated } from "../elements.ts";
import { divideExactly, type Extent, isSame, type Maybe, multiply, product } from "../extent/index.ts";
import {
  type Application,
  axesOf,
  axisOf,
  dtypeOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  intsAttribute,
  type Rule,
  shapeOf,
  unknownShape,
  withLength,
} from "../rule.ts";
import { shapeFrom } from "./generators.ts";

/** Operators that read a tensor's shape, or give it another one without touching its elements. */

const shape: Rule = (at) => {
  const dims = shapeOf(at, 0);
  if (!dims) return [{ dtype: "int64", shape: [null] }];
  const clamped = (index: number) =>
    Math.min(Math.max(index < 0 ? index + dims.length : index, 0), dims.length);
  const [start, end] = [clamped(intAttribute(at, "start", 0)), clamped(intAttribute(at, "end", dims.length))];
  const elements = dims.slice(start, end);
  return [{ dtype: "int64", shape: [elements.length], elements }];
};

const size: Rule = (at) => {
  const dims = shapeOf(at, 0);
  return [{ dtype: "int64", shape: [], elements: dims && [product(dims)] }];
};

const reshape: Rule = (at) => {
  const before = shapeOf(at, 0);
  const target = at.version < 5 ? intsAttribute(at, "shape") : shapeFrom(at, 1);
  return [
    { dtype: dtypeOf(at, 0), shape: target && reshaped(at, before, target), elements: elementsOf(at, 0) },
  ];
};

function reshaped(
  at: Application,
  before: readonly Extent[] | null,
  target: readonly Maybe[],
): readonly Maybe[] {
  const keepsZeros = intAttribute(at, "allowzero", 0) === 1;
  const beyond =
    keepsZeros || !before ? -1 : target.findIndex((dim, axis) => dim === 0 && axis >= before.length);
  if (before && beyond >= 0)
    at.conflict(
      `a length of 0 at axis ${beyond}, which copies one that a tensor of rank ${before.length} does not have`,
    );
  const dims = target.map((dim, axis) => (dim === 0 && !keepsZeros ? (before?.[axis] ?? null) : dim));
  // The elements stay as many as they were, so one unknown length follows from the others like one that is asked for.
  const open = target.includes(-1) ? target.indexOf(-1) : dims.indexOf(null);
  checkCount(at, before, dims);
  if (open < 0) return dims;
  const others = dims.filter((_, axis) => axis !== open);
  dims[open] = before ? quotient(before, others) : null;
  return dims;
}

/** A tensor has as many elements in its new shape; where one length is open, the others divide them. */
function checkCount(at: Application, before: readonly Extent[] | null, dims: readonly Maybe[]): void {
  const open = dims.indexOf(-1);
  const elements = before && product(before);
  const others = product(dims.filter((_, axis) => axis !== open));
  if (typeof elements !== "number" || typeof others !== "number") return;
  if (open < 0 ? elements === others : others === 0 ? elements === 0 : elements % others === 0) return;
  at.conflict(`${elements} elements into the shape [${dims.join(",")}]`);
}

/** What is left for one length: elements before by elements beside it. Lengths on both sides go out first. */
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

/** Two axes: the product of the lengths before the axis, and that of the others. */
const flatten: Rule = (at) => {
  const dims = shapeOf(at, 0);
  if (!dims) return [{ shape: [null, null] }];
  const given = intAttribute(at, "axis", 1);
  const axis = given < 0 ? given + dims.length : given;
  if (axis < 0 || axis > dims.length) {
    at.conflict(`axis ${given} of a tensor of rank ${dims.length}`);
    return [{ shape: [null, null] }];
  }
  return [{ shape: [product(dims.slice(0, axis)), product(dims.slice(axis))] }];
};

const squeeze: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const given = axesOf(at, "axes", 1);
  const elements = elementsOf(at, 0);
  if (!dims) return [null];
  if (given) {
    const axes = new Set(given.map((axis) => axisOf(at, axis, dims.length)));
    for (const axis of axes) {
      const length = axis === null ? 1 : dims[axis];
      if (typeof length === "number" && length !== 1)
        at.conflict(`axis ${axis} has the length ${length}, where it must be 1 to go`);
    }
    return [{ shape: dims.filter((_, axis) => !axes.has(axis)), elements }];
  }
  const count = shapeOf(at, 1)?.[0];
  if (hasInput(at, 1))
    return [{ shape: typeof count === "number" ? unknownShape(Math.max(dims.length - count, 0)) : null }];
  // Without axes every length of 1 goes: a length that is not known may be one.
  return [
    {
      shape: dims.every((dim) => typeof dim === "number") ? dims.filter((dim) => dim !== 1) : null,
      elements,
    },
  ];
};

const unsqueeze: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const given = axesOf(at, "axes", 1);
  const count = given?.length ?? shapeOf(at, 1)?.[0];
  if (!dims || typeof count !== "number" || count > MAX_ADDED) return [null];
  const rank = dims.length + count;
  if (!given) return [{ shape: unknownShape(rank) }];
  const axes = new Set(given.map((axis) => axisOf(at, axis, rank)));
  if (axes.size !== count && !axes.has(null))
    at.conflict(`the axes ${given.join(", ")}, of which one is there twice`);
  if (axes.size !== count || axes.has(null)) return [{ shape: unknownShape(rank) }];
  let next = 0;
  const shape = Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (dims[next++] ?? null)));
  return [{ shape, elements: elementsOf(at, 0) }];
};

/** Beyond any tensor: the runtime stops at 8 axes for most operators. */
const MAX_ADDED = 64;

const transpose: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const order = intsAttribute(at, "perm");
  if (!dims) return [{ shape: unknownShape(order?.length ?? null) }];
  const elements = elementsOf(at, 0);
  if (!order) return [{ shape: [...dims].reverse(), elements }];
  if (order.length !== dims.length || new Set(order).size !== order.length) {
    at.conflict(`perm has ${order.length} axes, the tensor ${dims.length}`);
    return [{ shape: unknownShape(dims.length) }];
  }
  if (order.some((axis) => axis < 0 || axis >= dims.length))
    at.conflict(`perm ${order.join(", ")} of a tensor of rank ${dims.length}`);
  return [{ shape: order.map((axis) => dims[axis] ?? null), elements }];
};

const expand: Rule = (at) => {
  const shape = broadcastShapes(at, [shapeOf(at, 0), shapeFrom(at, 1)]);
  const elements = elementsOf(at, 0);
  return [
    { shape, elements: elements?.length === 1 ? repeated(elements[0] ?? null, lengthOf(shape)) : elements },
  ];
};

/** Tile, when it repeated one axis: how often and which, a number each. */
function repeatedAlong(at: Application, dims: readonly Extent[] | null): readonly Maybe[] | null {
  for (const input of [1, 2]) {
    const count = product(shapeOf(at, input) ?? [null]);
    if (typeof count === "number" && count !== 1)
      at.conflict(`${count} numbers, where one repeats one axis`, { input });
  }
  if (!dims) return null;
  const [tiles, named] = [elementsOf(at, 1)?.[0] ?? null, elementsOf(at, 2)?.[0]];
  const axis = typeof named === "number" ? axisOf(at, named, dims.length) : null;
  if (axis === null) return unknownShape(dims.length);
  return withLength(dims, axis, multiply(dims[axis] ?? null, tiles));
}

const tile: Rule = (at) => {
  const dims = shapeOf(at, 0);
  if (at.version < 6) return [{ shape: repeatedAlong(at, dims) }];
  if (!dims) {
    const rank = shapeOf(at, 1)?.[0];
    return [{ shape: typeof rank === "number" ? unknownShape(rank) : null }];
  }
  const repeats = elementsOf(at, 1);
  const count = shapeOf(at, 1)?.[0];
  if (typeof count === "number" && count !== dims.length)
    at.conflict(`${count} repeats for a tensor of rank ${dims.length}`, { input: 1 });
  return [{ shape: dims.map((dim, axis) => multiply(dim, repeats?.[axis] ?? null)) }];
};

export const SHAPES: Family = {
  domain: "",
  rules: {
    Expand: expand,
    Flatten: flatten,
    Reshape: reshape,
    Shape: shape,
    Size: size,
    Squeeze: squeeze,
    Tile: tile,
    Transpose: transpose,
    Unsqueeze: unsqueeze,
  },
};
