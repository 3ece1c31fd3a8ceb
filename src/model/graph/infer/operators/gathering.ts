import {
  add,
  divideExactly,
  type Extent,
  floorDivide,
  formatExtent,
  type Maybe,
  multiply,
  product,
} from "../extent/index.ts";
import type { Elements } from "../fact.ts";
import {
  type Application,
  axisOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  intsAttribute,
  numbersOf,
  type Rule,
  rankOf,
  shapeOf,
  unknownShape,
  withLength,
} from "../rule.ts";

/** Operators that pick elements by their place, or put them somewhere else. */

const same: Rule = (at) => [{ shape: shapeOf(at, 0) }];

/** Says which of constant indices are outside of an axis; negative ones count from its end. */
function holdIndices(at: Application, axis: number, length: Maybe, indices: Elements | null): void {
  if (typeof length !== "number" || !indices) return;
  const wrong = indices.find((index) => typeof index === "number" && (index < -length || index >= length));
  if (wrong === undefined) return;
  at.conflict(`index ${wrong} into axis ${axis}, which has ${length}`, {
    input: 1,
    remedy: `Indices from ${-length} to ${length - 1} are there.`,
  });
}

/** The same of tuples of indices, one for each of some axes. */
function holdTuples(at: Application, dims: readonly Maybe[], first: number, depth: number): void {
  const indices = at.indices();
  if (!indices || depth < 1) return;
  for (let i = 0; i < depth; i++)
    holdIndices(
      at,
      first + i,
      dims[first + i] ?? null,
      indices.filter((_, place) => place % depth === i),
    );
}

/** The indices' shape in place of the axis. */
const gather: Rule = (at) => {
  const [data, indices] = [shapeOf(at, 0), shapeOf(at, 1)];
  if (!data || !indices) return [null];
  const axis = axisOf(at, intAttribute(at, "axis", 0), data.length);
  if (axis === null) return [{ shape: unknownShape(data.length + indices.length - 1) }];
  holdIndices(at, axis, data[axis] ?? null, elementsOf(at, 1) ?? at.indices());
  return [
    {
      shape: [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)],
      elements: data.length === 1 ? picked(elementsOf(at, 0), elementsOf(at, 1)) : null,
    },
  ];
};

function picked(data: Elements | null, indices: Elements | null): Elements | null {
  if (!data || !indices) return null;
  return indices.map((index) =>
    typeof index === "number" ? (data[index < 0 ? index + data.length : index] ?? null) : null,
  );
}

/** Indices of GatherElements and ScatterElements go along one axis. */
function holdElements(at: Application): void {
  const dims = shapeOf(at, 0);
  const axis = dims && axisOf(at, intAttribute(at, "axis", 0), dims.length);
  if (dims && axis !== null) holdIndices(at, axis, dims[axis] ?? null, at.indices());
}

const gatherElements: Rule = (at) => {
  holdElements(at);
  return [{ shape: shapeOf(at, 1) }];
};

const scatterElements: Rule = (at) => {
  holdElements(at);
  holdUpdates(at, shapeOf(at, 1));
  return same(at);
};

/** Updates have one shape, by the indices. */
function holdUpdates(at: Application, wanted: readonly Maybe[] | null): void {
  const updates = shapeOf(at, 2);
  if (!updates || !wanted) return;
  const differs = (length: Maybe, axis: number) =>
    typeof length === "number" && typeof wanted[axis] === "number" && length !== wanted[axis];
  if (updates.length !== wanted.length || updates.some(differs))
    at.conflict(`updates of [${updates.map(textOf)}] where they must be [${wanted.map(textOf)}]`, {
      input: 2,
    });
}

const textOf = (length: Maybe) => (length === null ? "?" : formatExtent(length));

const scatterND: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const depth = shapeOf(at, 1)?.at(-1);
  if (!dims || typeof depth !== "number") return same(at);
  holdTuples(at, dims, 0, depth);
  const indices = shapeOf(at, 1) ?? [];
  if (depth > dims.length) at.conflict(`${depth} indices into a tensor of rank ${dims.length}`);
  else holdUpdates(at, [...indices.slice(0, -1), ...dims.slice(depth)]);
  return same(at);
};

const gatherND: Rule = (at) => {
  const [data, indices] = [shapeOf(at, 0), shapeOf(at, 1)];
  const depth = indices?.at(-1);
  if (!data || !indices || typeof depth !== "number") return [null];
  const first = intAttribute(at, "batch_dims", 0) + depth;
  if (first > data.length) {
    at.conflict(`${first} indices into a tensor of rank ${data.length}`);
    return [null];
  }
  holdTuples(at, data, first - depth, depth);
  return [{ shape: [...indices.slice(0, -1), ...data.slice(first)] }];
};

const compress: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const given = intAttribute(at, "axis");
  if (given === null) return [{ shape: [null] }];
  if (!dims) return [null];
  const axis = axisOf(at, given, dims.length);
  return [{ shape: dims.map((dim, i) => (i === axis || axis === null ? null : dim)) }];
};

/** A row for each axis, a column for each element that is not zero. */
const nonZero: Rule = (at) => {
  const rank = rankOf(at, 0);
  return [{ dtype: "int64", shape: [rank || null, null] }];
};

const topK: Rule = (at) => {
  const dims = shapeOf(at, 0);
  if (!dims) return [];
  const axis = axisOf(at, intAttribute(at, "axis", -1), dims.length);
  const k = at.version < 10 ? intAttribute(at, "k") : (elementsOf(at, 1)?.[0] ?? null);
  const length = axis === null ? null : dims[axis];
  if (typeof k === "number" && typeof length === "number" && k > length)
    at.conflict(`the ${k} largest of an axis that has ${length}`);
  const shape = dims.map((dim, i) => (axis === null ? null : i === axis ? k : dim));
  return [{ shape }, { dtype: "int64", shape }];
};

/** How many different ones there are only a run tells; what counts them has the same length. */
const unique: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const given = intAttribute(at, "axis");
  const found = at.fresh();
  const rest = (all: Maybe) => [
    { dtype: "int64" as const, shape: [found] },
    { dtype: "int64" as const, shape: [all] },
    { dtype: "int64" as const, shape: [found] },
  ];
  if (given === null) return [{ shape: [found] }, ...rest(dims && product(dims))];
  const axis = dims && axisOf(at, given, dims.length);
  if (!dims || axis === null) return [{ shape: unknownShape(dims?.length ?? null) }, ...rest(null)];
  return [{ shape: withLength(dims, axis, found) }, ...rest(dims[axis] ?? null)];
};

const pad: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const given =
    at.version < 2 ? intsAttribute(at, "paddings") : at.version < 11 ? intsAttribute(at, "pads") : null;
  const pads: Elements | null = given ?? elementsOf(at, 1);
  if (!dims) {
    const length = pads?.length ?? shapeOf(at, 1)?.[0];
    return [{ shape: typeof length === "number" && !hasInput(at, 3) ? unknownShape(length / 2) : null }];
  }
  const axes = hasInput(at, 3)
    ? numbersOf(at, 3)?.map((axis) => axisOf(at, axis, dims.length))
    : dims.map((_, axis) => axis);
  const unknown = dims.map(() => null);
  if (!axes || axes.includes(null)) return [{ shape: unknown }];
  if (!pads) return [{ shape: dims.map((dim, axis) => (axes.includes(axis) ? null : dim)) }];
  if (pads.length !== 2 * axes.length) {
    at.conflict(`${pads.length} pads for ${axes.length} axes`);
    return [{ shape: unknown }];
  }
  const shape: Maybe[] = [...dims];
  for (const [i, axis] of (axes as number[]).entries()) {
    const [head = null, tail = null] = [pads[i], pads[axes.length + i]];
    const length = add(dims[axis] ?? null, add(head, tail));
    shape[axis] = typeof length === "number" && length < 0 ? null : length;
    if (isCutAway(dims[axis] ?? null, head, tail))
      at.conflict(`${head} and ${tail} elements more leave axis ${axis} less than nothing`, {
        input: 1,
        remedy: "Negative pads take away at most what is there.",
      });
  }
  return [{ shape }];
};

/** Also of pads that are beyond exact numbers. */
function isCutAway(length: Maybe, head: Maybe, tail: Maybe): boolean {
  return [length, head, tail].every((each) => typeof each === "number")
    ? (length as number) + (head as number) + (tail as number) < 0
    : false;
}

/** The lengths that are asked for on the axes that are named; all by default. */
const centerCropPad: Rule = (at) => {
  const dims = shapeOf(at, 0);
  if (!dims) return [null];
  const target = elementsOf(at, 1);
  const axes = intsAttribute(at, "axes")?.map((axis) => axisOf(at, axis, dims.length));
  return [
    {
      shape: dims.map((dim, axis) => {
        const place = axes ? axes.indexOf(axis) : axis;
        return place < 0 ? dim : (target?.[place] ?? null);
      }),
    },
  ];
};

const depthToSpace: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const block = intAttribute(at, "blocksize");
  if (dims?.length !== 4 || !block) return [{ shape: unknownShape(4) }];
  const [n, c, h, w] = dims as [Extent, Extent, Extent, Extent];
  return [
    {
      shape: [
        n,
        divideExactly(c, block * block) ?? floorDivide(c, block * block),
        multiply(h, block),
        multiply(w, block),
      ],
    },
  ];
};

const spaceToDepth: Rule = (at) => {
  const dims = shapeOf(at, 0);
  const block = intAttribute(at, "blocksize");
  if (dims?.length !== 4 || !block) return [{ shape: unknownShape(4) }];
  const [n, c, h, w] = dims as [Extent, Extent, Extent, Extent];
  return [{ shape: [n, multiply(c, block * block), floorDivide(h, block), floorDivide(w, block)] }];
};

/** N and C of the picture, the places of the grid. */
const gridSample: Rule = (at) => {
  const [picture, grid] = [shapeOf(at, 0), shapeOf(at, 1)];
  const rank = picture?.length ?? grid?.length;
  if (rank === undefined || rank < 3) return [null];
  const places = grid ? grid.slice(1, -1) : new Array<Maybe>(rank - 2).fill(null);
  return [{ shape: [picture?.[0] ?? grid?.[0] ?? null, picture?.[1] ?? null, ...places] }];
};

const dropout: Rule = (at) => [
  { shape: shapeOf(at, 0), elements: elementsOf(at, 0) },
  { shape: shapeOf(at, 0) },
];

export const GATHERING: Family = {
  domain: "",
  rules: {
    CenterCropPad: centerCropPad,
    Compress: compress,
    DepthToSpace: depthToSpace,
    Dropout: dropout,
    Gather: gather,
    GatherElements: gatherElements,
    GatherND: gatherND,
    GridSample: gridSample,
    NonZero: nonZero,
    Pad: pad,
    ReverseSequence: same,
    Scatter: scatterElements,
    ScatterElements: scatterElements,
    ScatterND: scatterND,
    SpaceToDepth: spaceToDepth,
    TensorScatter: same,
    TopK: topK,
    Unique: unique,
  },
};
