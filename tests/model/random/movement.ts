import { type Context, count, type Value } from "./context.ts";
import type { PlainAttribute } from "./encode.ts";
import type { Maker } from "./makers.ts";

/** Any value of a type that the runtime moves around in every operator of this file. */
const movable = (c: Context, fits: (value: Value) => boolean = () => true) =>
  c.pick((value) => /^(float32|int64|int32)$/.test(value.dtype) && fits(value));

/** The same of the few operators that move everything. */
const anything = (c: Context, fits: (value: Value) => boolean = () => true) => c.pick(fits);

const nonEmpty = ({ shape }: Value) => shape.length > 0;

/** Axes as an attribute or as an input; negative ones where the operator set has them. */
export function axesOf(
  c: Context,
  axes: readonly number[],
  rank: number,
  asInput: boolean,
): { input: Value[]; attributes: Record<string, PlainAttribute> } {
  const signed = axes.map((axis) => (c.opset >= 11 && c.draw.chance(0.3) ? axis - rank : axis));
  if (asInput) return { input: [c.ints(...signed)], attributes: {} };
  return { input: [], attributes: { axes: { ints: signed } } };
}

const signed = (c: Context, axis: number, rank: number) =>
  c.opset >= 11 && c.draw.chance(0.3) ? axis - rank : axis;

/** Lengths of the same product. */
function regrouped(c: Context, shape: readonly number[]): number[] {
  let rest = count(shape);
  const dims: number[] = [];
  for (let i = c.draw.int(0, 3); i > 0; i--) {
    const divisors = Array.from({ length: rest }, (_, k) => k + 1).filter((k) => rest % k === 0);
    const dim = c.draw.one(divisors);
    dims.push(dim);
    rest /= dim;
  }
  if (rest !== 1 || dims.length === 0) dims.push(rest);
  return dims;
}

export const reshape: Maker = {
  weight: 3,
  make(c) {
    const x = anything(c, ({ shape }) => count(shape) > 0);
    if (!x) return null;
    const shape = regrouped(c, x.shape);
    const target = shape.map((dim, i) => (x.shape[i] === dim && c.draw.chance(0.3) ? 0 : dim));
    if (c.draw.chance(0.4)) target[c.draw.int(0, target.length - 1)] = -1;
    return c.apply("Reshape", [x, c.ints(...target)], { shape });
  },
};

/** The way of exporters: lengths are taken from a shape, computed with, and put together again. */
const reshapeByShape: Maker = {
  weight: 2,
  make(c) {
    const x = movable(c, ({ shape }) => shape.length >= 2 && count(shape) > 0);
    if (!x) return null;
    const keep = c.draw.int(0, x.shape.length - 1);
    const rank = x.shape.length;
    const lengths = c.apply("Shape", [x], { dtype: "int64", shape: [rank], most: 600, error: 0 });
    if (!lengths) return null;
    const index = c.constant("int64", c.draw.one([[], [1]]), [keep]);
    const one = c.apply("Gather", [lengths, index], { shape: index.shape }, { axis: { int: 0 } });
    if (!one) return null;
    let first: Value | null = one;
    if (index.shape.length === 0) {
      const { input, attributes } = axesOf(c, [0], 1, c.opset >= 13);
      first = c.apply("Unsqueeze", [one, ...input], { shape: [1] }, attributes);
    }
    const target = first && c.apply("Concat", [first, c.ints(-1)], { shape: [2] }, { axis: { int: 0 } });
    const dim = x.shape[keep] as number;
    return target && c.apply("Reshape", [x, target], { shape: [dim, count(x.shape) / dim] });
  },
};

export const transpose: Maker = {
  weight: 3,
  make(c) {
    const x = anything(c, nonEmpty);
    if (!x) return null;
    const given = c.draw.chance(0.8);
    const plain = x.shape.map((_, i) => i);
    const order = given ? c.draw.shuffled(plain) : plain.reverse();
    const shape = order.map((axis) => x.shape[axis] as number);
    return c.apply("Transpose", [x], { shape }, { perm: given ? { ints: order } : undefined });
  },
};

export const flatten: Maker = {
  make(c) {
    const x = movable(c, ({ dtype, shape }) => shape.length > 0 && (c.opset >= 9 || dtype === "float32"));
    if (!x) return null;
    const axis = c.draw.int(0, x.shape.length);
    const shape = [count(x.shape.slice(0, axis)), count(x.shape.slice(axis))];
    return c.apply(
      "Flatten",
      [x],
      { shape },
      { axis: { int: axis < x.shape.length ? signed(c, axis, x.shape.length) : axis } },
    );
  },
};

export const squeeze: Maker = {
  weight: 2,
  make(c) {
    const x = anything(c, ({ shape }) => shape.includes(1));
    if (!x) return null;
    const ones = x.shape.flatMap((dim, i) => (dim === 1 ? [i] : []));
    if (c.draw.chance(0.2)) return c.apply("Squeeze", [x], { shape: x.shape.filter((dim) => dim !== 1) });
    const axes = c.draw.some(ones, c.draw.int(1, ones.length));
    const { input, attributes } = axesOf(c, axes, x.shape.length, c.opset >= 13);
    return c.apply(
      "Squeeze",
      [x, ...input],
      { shape: x.shape.filter((_, i) => !axes.includes(i)) },
      attributes,
    );
  },
};

export const unsqueeze: Maker = {
  weight: 2,
  make(c) {
    const x = anything(c, ({ shape }) => shape.length < 4);
    if (!x) return null;
    const rank = x.shape.length + c.draw.int(1, 2);
    const axes = c.draw.some(
      Array.from({ length: rank }, (_, i) => i),
      rank - x.shape.length,
    );
    const dims = [...x.shape];
    const shape = Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (dims.shift() as number)));
    const { input, attributes } = axesOf(c, axes, rank, c.opset >= 13);
    return c.apply("Unsqueeze", [x, ...input], { shape }, attributes);
  },
};

export const expand: Maker = {
  since: 8,
  make(c) {
    const x = movable(c, ({ shape }) => shape.length < 4);
    if (!x) return null;
    const inner = x.shape.map((dim) => (dim === 1 ? c.draw.int(1, 3) : dim));
    const shape = c.draw.chance(0.4) ? [c.draw.int(1, 3), ...inner] : inner;
    if (shape.length === 0) return null;
    const target = shape.map((dim) =>
      c.draw.chance(0.2) && dim === x.shape.at(-1) && shape.length === 1 ? 1 : dim,
    );
    return c.apply("Expand", [x, c.ints(...target)], { shape });
  },
};

const tile: Maker = {
  make(c) {
    const x = movable(c, nonEmpty);
    if (!x) return null;
    const repeats = x.shape.map(() => c.draw.one([1, 1, 2, 3]));
    return c.apply("Tile", [x, c.ints(...repeats)], {
      shape: x.shape.map((dim, i) => dim * (repeats[i] as number)),
    });
  },
};

export const concat: Maker = {
  weight: 3,
  make(c) {
    const x = anything(c, nonEmpty);
    if (!x) return null;
    const axis = c.draw.int(0, x.shape.length - 1);
    const fits = (value: Value) =>
      value.dtype === x.dtype &&
      value.shape.length === x.shape.length &&
      value.shape.every((dim, i) => i === axis || dim === x.shape[i]);
    const others = Array.from({ length: c.draw.int(0, 3) }, () => c.pick(fits) as Value);
    const values = c.draw.shuffled([x, ...others]);
    const shape = x.shape.map((dim, i) =>
      i === axis ? values.reduce((sum, each) => sum + (each.shape[axis] as number), 0) : dim,
    );
    const most = Math.max(...values.map((each) => each.most));
    const error = Math.max(...values.map((each) => each.error));
    return c.apply(
      "Concat",
      values,
      { dtype: x.dtype, shape, most, error },
      { axis: { int: signed(c, axis, x.shape.length) } },
    );
  },
};

export const split: Maker = {
  weight: 2,
  make(c) {
    const x = movable(c, ({ shape }) => shape.some((dim) => dim > 1));
    if (!x) return null;
    const axis = c.draw.one(x.shape.flatMap((dim, i) => (dim > 1 ? [i] : [])));
    const length = x.shape[axis] as number;
    const parts: number[] = [];
    for (let rest = length; rest > 0; rest -= parts.at(-1) as number)
      parts.push(parts.length === 3 ? rest : c.draw.int(1, rest));
    const isEqual = parts.every((part) => part === parts[0]) && c.draw.chance(0.7);
    const outputs = parts.map((part) => ({
      ...x,
      shape: x.shape.map((dim, i) => (i === axis ? part : dim)),
    }));
    const attributes: Record<string, PlainAttribute> = { axis: { int: signed(c, axis, x.shape.length) } };
    const inputs = [x];
    if (!isEqual && c.opset >= 13) inputs.push(c.ints(...parts));
    else if (!isEqual) attributes.split = { ints: parts };
    else if (c.opset >= 18) attributes.num_outputs = { int: parts.length };
    return c.emit("Split", inputs, outputs, attributes);
  },
};

export const slice: Maker = {
  weight: 3,
  make(c) {
    const x = anything(c, (value) => nonEmpty(value) && (c.opset >= 10 || value.dtype === "float32"));
    if (!x || x.dtype === "bool" || x.dtype === "float16") return null;
    const axes = c.draw.some(
      x.shape.map((_, i) => i),
      c.draw.int(1, x.shape.length),
    );
    const shape = [...x.shape];
    const starts: number[] = [];
    const ends: number[] = [];
    const steps: number[] = [];
    const allSteps = c.opset >= 10 && c.draw.chance(0.4);
    for (const axis of axes) {
      const length = x.shape[axis] as number;
      const backwards = allSteps && c.draw.chance(0.3);
      const step = allSteps ? c.draw.int(1, 2) * (backwards ? -1 : 1) : 1;
      const from = c.draw.int(0, Math.max(0, length - 1));
      if (backwards) {
        starts.push(c.draw.one([from, 2 ** 31 - 1]));
        ends.push(-(2 ** 31));
        const begin = starts.at(-1) === from ? from : length - 1;
        shape[axis] = length === 0 ? 0 : Math.ceil((begin + 1) / -step);
      } else {
        const to = c.draw.int(from, length);
        starts.push(from > 0 && c.draw.chance(0.3) ? from - length : from);
        ends.push(
          to === length ? c.draw.one([to, 2 ** 31 - 1]) : to > 0 && c.draw.chance(0.3) ? to - length : to,
        );
        shape[axis] = Math.ceil((to - from) / step);
      }
      steps.push(step);
    }
    if (c.opset < 10)
      return c.apply(
        "Slice",
        [x],
        { shape },
        { starts: { ints: starts }, ends: { ints: ends }, axes: { ints: axes } },
      );
    const names = axes.map((axis) => signed(c, axis, x.shape.length));
    const inputs = [x, c.ints(...starts), c.ints(...ends), c.ints(...names)];
    return c.apply("Slice", allSteps ? [...inputs, c.ints(...steps)] : inputs, { shape });
  },
};

export const gather: Maker = {
  weight: 3,
  make(c) {
    const x = anything(c, ({ shape }) => shape.length > 0 && count(shape) > 0);
    if (!x) return null;
    const axis = c.draw.int(0, x.shape.length - 1);
    const length = x.shape[axis] as number;
    const of = c.draw.one([[], [1], [c.draw.int(1, 3)], [2, 2]]);
    const low = c.opset >= 11 ? -length : 0;
    const dtype = c.draw.one(["int64", "int32"] as const);
    const indices = c.constant(
      dtype,
      of,
      Array.from({ length: count(of) }, () => c.draw.int(low, length - 1)),
    );
    const shape = [...x.shape.slice(0, axis), ...of, ...x.shape.slice(axis + 1)];
    return c.apply("Gather", [x, indices], { shape }, { axis: { int: signed(c, axis, x.shape.length) } });
  },
};

const gatherElements: Maker = {
  since: 11,
  make(c) {
    const x = movable(c, ({ shape }) => shape.length > 0 && count(shape) > 0);
    if (!x) return null;
    const axis = c.draw.int(0, x.shape.length - 1);
    const length = x.shape[axis] as number;
    const shape = x.shape.map((dim, i) => (i === axis ? c.draw.int(1, 3) : c.draw.int(1, dim)));
    const indices = c.constant(
      "int64",
      shape,
      Array.from({ length: count(shape) }, () => c.draw.int(-length, length - 1)),
    );
    return c.apply("GatherElements", [x, indices], { shape }, { axis: { int: axis } });
  },
};

const scatter: Maker = {
  since: 9,
  make(c) {
    const x = c.pick(({ dtype, shape }) => dtype === "float32" && shape.length > 0 && count(shape) > 0);
    if (!x) return null;
    const axis = c.draw.int(0, x.shape.length - 1);
    // Every place once: which of two would win is nobody's promise.
    const shape = x.shape.map((dim, i) => (i === axis ? 1 : dim));
    const at = c.draw.int(0, (x.shape[axis] as number) - 1);
    const indices = c.constant(
      "int64",
      shape,
      Array.from({ length: count(shape) }, () => at),
    );
    const op = c.opset >= 11 ? "ScatterElements" : "Scatter";
    return c.apply(op, [x, indices, c.floats(shape)], { most: Math.max(x.most, 1) }, { axis: { int: axis } });
  },
};

export const pad: Maker = {
  weight: 2,
  make(c) {
    const x = c.pick(({ dtype, shape }) => dtype === "float32" && shape.length > 0 && count(shape) > 0);
    if (!x) return null;
    const mode = c.draw.one(["constant", "constant", "edge", "reflect"]);
    const rank = x.shape.length;
    const most = (axis: number) => (mode === "reflect" ? Math.min(2, (x.shape[axis] as number) - 1) : 2);
    // A border around a picture, as a convolution has one of its own.
    const around = rank >= 3 && c.draw.chance(0.6) ? 2 : 0;
    const sides = Array.from({ length: 2 * rank }, (_, i) =>
      i % rank < around || c.draw.chance(0.5) ? 0 : c.draw.int(0, most(i % rank)),
    );
    const shape = x.shape.map((dim, i) => dim + (sides[i] as number) + (sides[rank + i] as number));
    const value = c.draw.one([0, 0.5]);
    const told = { shape, most: Math.max(x.most, 1) };
    const attributes: Record<string, PlainAttribute> =
      mode === "constant" && c.draw.chance(0.5) ? {} : { mode: { string: mode } };
    if (c.opset < 11) {
      if (value !== 0) attributes.value = { float: value };
      return c.apply("Pad", [x], told, { ...attributes, pads: { ints: sides } });
    }
    const inputs = [x, c.ints(...sides)];
    if (mode === "constant" && (value !== 0 || c.draw.chance(0.3)))
      inputs.push(c.constant("float32", [], [value]));
    return c.apply("Pad", inputs, told, attributes);
  },
};

const blocks: Maker = {
  make(c) {
    const wide = c.pick(
      ({ dtype, shape }) => dtype === "float32" && shape.length === 4 && (shape[1] as number) % 4 === 0,
    );
    if (wide) {
      const [n = 1, channels = 4, h = 1, w = 1] = wide.shape;
      const mode = c.opset >= 11 ? { mode: { string: c.draw.one(["DCR", "CRD"]) } } : {};
      return c.apply(
        "DepthToSpace",
        [wide],
        { shape: [n, channels / 4, h * 2, w * 2] },
        { blocksize: { int: 2 }, ...mode },
      );
    }
    const even = ({ dtype, shape: [, , h = 1, w = 1], shape }: Value) =>
      dtype === "float32" && shape.length === 4 && h % 2 === 0 && w % 2 === 0;
    const x = c.pick(even);
    if (!x) return null;
    const [n = 1, channels = 1, h = 2, w = 2] = x.shape;
    return c.apply(
      "SpaceToDepth",
      [x],
      { shape: [n, channels * 4, h / 2, w / 2] },
      { blocksize: { int: 2 } },
    );
  },
};

const triangle: Maker = {
  since: 14,
  make(c) {
    const x = c.pickFloat(({ dtype, shape }) => dtype === "float32" && shape.length >= 2 && count(shape) > 0);
    return (
      x &&
      c.apply(
        "Trilu",
        [x, ...(c.draw.chance(0.5) ? [c.constant("int64", [], [c.draw.int(-1, 1)])] : [])],
        {},
        { upper: { int: c.draw.int(0, 1) } },
      )
    );
  },
};

export const lengths: Maker = {
  make(c) {
    const x = anything(c);
    if (!x) return null;
    if (c.draw.chance(0.3)) return c.apply("Size", [x], { dtype: "int64", shape: [], most: 600, error: 0 });
    const rank = x.shape.length;
    if (c.opset < 15 || c.draw.chance(0.5))
      return c.apply("Shape", [x], { dtype: "int64", shape: [rank], most: 600, error: 0 });
    const start = c.draw.int(0, rank);
    return c.apply(
      "Shape",
      [x],
      { dtype: "int64", shape: [rank - start], most: 600, error: 0 },
      { start: { int: start } },
    );
  },
};

const filled: Maker = {
  since: 9,
  make(c) {
    const like = anything(c, nonEmpty);
    const of =
      like && c.apply("Shape", [like], { dtype: "int64", shape: [like.shape.length], most: 600, error: 0 });
    if (!of) return null;
    const dtype = c.draw.one(["float32", "int64", "bool"] as const);
    const value = c.draw.int(0, 1);
    const given = dtype !== "float32" || c.draw.chance(0.5);
    const tensor = { dtype, shape: [1], data: [value] };
    const told = { dtype, shape: like.shape, most: 1, error: 0 };
    return c.apply("ConstantOfShape", [of], told, given ? { value: { tensor } } : {});
  },
};

const range: Maker = {
  since: 11,
  make(c) {
    const [start, size, delta] = [c.draw.int(-2, 2), c.draw.int(1, 5), c.draw.int(1, 2)];
    const scalar = (value: number) => c.constant("int64", [], [value]);
    const inputs = [scalar(start), scalar(start + size * delta), scalar(delta)];
    return c.apply("Range", inputs, { shape: [size], most: 20 });
  },
};

const oneHot: Maker = {
  since: 9,
  make(c) {
    const size = c.draw.int(1, 3);
    const x = c.constant("int64", [size], c.numbers("int64", size, 0, 3));
    const depth = c.constant("int64", c.draw.one([[], [1]]), [4]);
    const told = { dtype: "float32", shape: [size, 4], most: 2 } as const;
    return c.apply("OneHot", [x, depth, c.constant("float32", [2], [0, 2])], told);
  },
};

export const movement: readonly Maker[] = [
  reshape,
  reshapeByShape,
  transpose,
  flatten,
  squeeze,
  unsqueeze,
  expand,
  tile,
  concat,
  split,
  slice,
  gather,
  gatherElements,
  scatter,
  pad,
  blocks,
  triangle,
  lengths,
  filled,
  range,
  oneHot,
];
