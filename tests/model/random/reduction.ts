import { type Context, count, type Value } from "./context.ts";
import type { Maker } from "./makers.ts";
import { axesOf } from "./movement.ts";

interface Reduction {
  readonly op: string;
  /** From the largest element and how many are put together: the largest result, and how far errors grow. */
  bound(most: number, size: number): readonly [most: number, growth: number];
}

const REDUCTIONS: readonly Reduction[] = [
  { op: "ReduceSum", bound: (most, size) => [most * size, size] },
  { op: "ReduceSum", bound: (most, size) => [most * size, size] },
  { op: "ReduceMean", bound: (most) => [most, 1] },
  { op: "ReduceMax", bound: (most) => [most, 1] },
  { op: "ReduceMin", bound: (most) => [most, 1] },
  { op: "ReduceL1", bound: (most, size) => [most * size, size] },
  { op: "ReduceSumSquare", bound: (most, size) => [most * most * size, 2 * most * size] },
  { op: "ReduceLogSumExp", bound: (most, size) => [most + Math.log(size), 1] },
];

/** Some axes of a value, and the shape without them. */
function reduced(c: Context, { shape }: Value) {
  const axes = c.draw.some(
    shape.map((_, i) => i),
    c.draw.int(1, Math.max(1, shape.length)),
  );
  const keeps = c.draw.chance(0.5);
  const left = shape.flatMap((dim, i) => (!axes.includes(i) ? [dim] : keeps ? [1] : []));
  return { axes, keeps, left, size: count(axes.map((axis) => shape[axis] as number)) };
}

export const reduce: Maker = {
  weight: 4,
  make(c) {
    const x = c.pickFloat(({ dtype, shape }) => dtype === "float32" && shape.length > 0 && count(shape) > 0);
    if (!x) return null;
    const { op, bound } = c.draw.one(REDUCTIONS);
    const all = c.draw.chance(0.2);
    const some = reduced(c, x);
    const size = all ? count(x.shape) : some.size;
    const [most, growth] = bound(x.most, size);
    const shape = !all ? some.left : some.keeps ? x.shape.map(() => 1) : [];
    const told = { shape, most, error: x.error * growth + c.rounded(x.dtype, most, size + 2) };
    const asInput = c.opset >= (op === "ReduceSum" ? 13 : 18);
    const { input, attributes } = all
      ? { input: [], attributes: {} }
      : axesOf(c, some.axes, x.shape.length, asInput);
    const keepdims = some.keeps && c.draw.chance(0.5) ? undefined : { int: some.keeps ? 1 : 0 };
    return c.apply(op, [x, ...input], told, { ...attributes, keepdims });
  },
};

export const softmax: Maker = {
  weight: 3,
  make(c) {
    const x = c.pickFloat(({ dtype, shape }) => dtype === "float32" && shape.length > 0 && count(shape) > 0);
    if (!x) return null;
    const op = c.draw.one(["Softmax", "LogSoftmax"]);
    const rank = x.shape.length;
    const last = c.draw.chance(0.4);
    // The default is the dimension 1 up to opset 12, which a vector does not have.
    const axis = last ? rank - 1 : c.draw.int(0, rank - 1);
    const given = c.opset >= 13 && last && c.draw.chance(0.4) ? undefined : { int: axis };
    const most = op === "Softmax" ? 1 : 2 * x.most + 8;
    return c.apply(op, [x], { most, error: 2 * x.error + c.rounded("float32", most, 8) }, { axis: given });
  },
};

/** What points at elements: of values whose bits are the same in every graph. */
const pointing: Maker = {
  weight: 2,
  make(c) {
    const x = c.pickFloat(
      ({ dtype, error, shape }) => dtype === "float32" && error === 0 && shape.length > 0 && count(shape) > 0,
    );
    if (!x) return null;
    const axis = c.draw.int(0, x.shape.length - 1);
    const length = x.shape[axis] as number;
    const whole = { dtype: "int64", most: 600, error: 0 } as const;
    if (c.draw.chance(0.5)) {
      const keeps = c.draw.chance(0.5);
      const shape = x.shape.flatMap((dim, i) => (i !== axis ? [dim] : keeps ? [1] : []));
      return c.apply(
        c.draw.one(["ArgMax", "ArgMin"]),
        [x],
        { ...whole, shape },
        { axis: { int: axis }, keepdims: { int: keeps ? 1 : 0 } },
      );
    }
    const k = c.draw.int(1, length);
    const shape = x.shape.map((dim, i) => (i === axis ? k : dim));
    const outputs = [
      { ...x, shape },
      { ...whole, shape },
    ];
    if (c.opset < 10) return c.emit("TopK", [x], outputs, { k: { int: k }, axis: { int: axis } });
    const more = c.opset >= 11 ? { largest: { int: c.draw.int(0, 1) } } : {};
    return c.emit("TopK", [x, c.ints(k)], outputs, { axis: { int: axis }, ...more });
  },
};

const cumulative: Maker = {
  since: 11,
  make(c) {
    const x = c.pickFloat(({ dtype, shape }) => dtype === "float32" && shape.length > 0);
    if (!x) return null;
    const axis = c.draw.int(0, x.shape.length - 1);
    const length = x.shape[axis] as number;
    const most = x.most * length;
    const told = { most, error: x.error * length + c.rounded("float32", most, length) };
    return c.apply("CumSum", [x, c.constant("int64", [], [axis])], told, {
      reverse: { int: c.draw.int(0, 1) },
    });
  },
};

export const reduction: readonly Maker[] = [reduce, softmax, pointing, cumulative];
