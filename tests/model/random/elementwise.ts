import { type Context, count, isFloat, isWhole, type Value } from "./context.ts";
import type { Maker } from "./makers.ts";

interface Unary {
  readonly op: string;
  readonly since?: number;
  /** Whether the runtime has it for float64 too. */
  readonly double?: boolean;
  /** The largest result of a largest operand. */
  most(most: number): number;
  /** How much the result changes at most when the operand does. */
  readonly slope: number;
}

const same = (most: number) => most;
const one = () => 1;

const UNARY: readonly Unary[] = [
  { op: "Relu", double: true, most: same, slope: 1 },
  { op: "Relu", double: true, most: same, slope: 1 },
  { op: "Sigmoid", double: true, most: one, slope: 1 },
  { op: "Tanh", double: true, most: one, slope: 1 },
  { op: "Abs", double: true, most: same, slope: 1 },
  { op: "Neg", double: true, most: same, slope: 1 },
  { op: "Identity", double: true, most: same, slope: 1 },
  { op: "Softplus", most: (most) => most + 1, slope: 1 },
  { op: "Softsign", most: one, slope: 1 },
  { op: "Erf", since: 9, most: one, slope: 1.2 },
  { op: "Sin", most: one, slope: 1 },
  { op: "Cos", most: one, slope: 1 },
  { op: "Atan", most: () => 1.6, slope: 1 },
  { op: "HardSwish", since: 14, most: same, slope: 1.6 },
  { op: "Mish", since: 18, most: same, slope: 1.2 },
  { op: "Gelu", since: 20, most: same, slope: 1.2 },
];

export const unary: Maker = {
  weight: 6,
  make(c) {
    const { op, since = 7, double, most, slope } = c.draw.one(UNARY);
    if (c.opset < since) return null;
    const x = double ? c.pickFloat() : c.pickFloat(({ dtype }) => dtype === "float32");
    if (!x) return null;
    const top = most(x.most);
    const moves = op === "Relu" || op === "Abs" || op === "Neg" || op === "Identity";
    const error = moves ? x.error : x.error * slope + c.rounded(x.dtype, top, 4);
    return c.apply(op, [x], { most: top, error });
  },
};

const withAlpha: Maker = {
  weight: 2,
  make(c) {
    const x = c.pickFloat(({ dtype }) => dtype === "float32");
    if (!x) return null;
    const op = c.draw.one(["LeakyRelu", "Elu", "HardSigmoid", "Selu", ...(c.opset >= 12 ? ["Celu"] : [])]);
    const alpha = c.draw.chance(0.5) ? { float: 0.3 } : undefined;
    if (op === "HardSigmoid")
      return c.apply(op, [x], { most: 1, error: x.error + c.rounded(x.dtype, 4) }, { alpha });
    const slope = op === "Selu" ? 1.8 : 1;
    const most = x.most * slope + 2;
    return c.apply(
      op,
      [x],
      { most, error: x.error * slope + c.rounded(x.dtype, most, 4) },
      op === "Selu" ? {} : { alpha },
    );
  },
};

/** Steps and jumps: only of values that every graph computes bit for bit. */
const steps: Maker = {
  make(c) {
    const x = c.pickFloat(({ dtype, error }) => dtype === "float32" && error === 0);
    if (!x) return null;
    const ops = ["Floor", "Ceil"];
    if (c.opset >= 9) ops.push("Sign", "Shrink");
    if (c.opset >= 10) ops.push("ThresholdedRelu");
    if (c.opset >= 11) ops.push("Round");
    return c.apply(c.draw.one(ops), [x], { most: x.most + 1 });
  },
};

/** Functions with a pole, of an operand that is kept away from it. */
const away: Maker = {
  make(c) {
    const x = c.pickFloat();
    if (!x) return null;
    const size = c.apply("Abs", [x]);
    const shift = c.constant(x.dtype, [], [0.5]);
    const shifted =
      size &&
      c.apply("Add", [size, shift], { most: x.most + 0.5, error: x.error + c.rounded(x.dtype, x.most + 1) });
    if (!shifted) return null;
    const op = c.draw.one(["Sqrt", "Log", "Reciprocal"]);
    return c.apply(op, [shifted], {
      most: x.most + 2,
      error: shifted.error * 4 + c.rounded(x.dtype, x.most + 2, 4),
    });
  },
};

/** The shape of two operands together; null where they do not fit. */
export function together(a: readonly number[], b: readonly number[]): number[] | null {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const [x, y] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1];
    if (x !== y && x !== 1 && y !== 1) return null;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

/** A shape that is stretched to another one. */
export function stretched(c: Context, shape: readonly number[]): number[] {
  const cut = shape.slice(c.draw.int(0, shape.length));
  return cut.map((dim) => (c.draw.chance(0.3) ? 1 : dim));
}

/** A second operand: another value that fits, or a constant. */
function partner(c: Context, x: Value, most = Number.POSITIVE_INFINITY): Value | null {
  if (c.draw.chance(0.5)) {
    const found = c.pick(
      (each) => each.dtype === x.dtype && each.most <= most && together(x.shape, each.shape) !== null,
    );
    if (found) return found;
  }
  const shape = stretched(c, x.shape);
  return c.constant(x.dtype, shape, c.numbers(x.dtype, count(shape), 1, 3));
}

export const binary: Maker = {
  weight: 8,
  make(c) {
    const x = c.draw.chance(0.75)
      ? c.pickFloat()
      : c.pick(({ dtype }) => dtype === "int64" || dtype === "int32");
    const y = x && partner(c, x);
    if (!x || !y) return null;
    const shape = together(x.shape, y.shape);
    if (!shape) return null;
    const whole = isWhole(x);
    const young = x.shape.join() !== y.shape.join() || x.dtype !== "float32";
    const ops = [
      "Add",
      "Sub",
      "Mul",
      ...((!whole && !(young && c.opset < 8)) || c.opset >= 12 ? ["Max", "Min"] : []),
    ];
    const op = c.draw.one(ops);
    const most =
      op === "Mul"
        ? x.most * y.most
        : op === "Max" || op === "Min"
          ? Math.max(x.most, y.most)
          : x.most + y.most;
    const spread = op === "Mul" ? x.error * y.most + y.error * x.most : x.error + y.error;
    const error =
      op === "Max" || op === "Min" ? Math.max(x.error, y.error) : spread + c.rounded(x.dtype, most, 2);
    return c.apply(op, c.draw.chance(0.5) ? [x, y] : [y, x], {
      dtype: x.dtype,
      shape,
      most,
      error: whole ? 0 : error,
    });
  },
};

/** What does nothing: plus zero, times one, divided by one, to the power of one. */
export const neutral: Maker = {
  make(c) {
    const x = c.pickFloat();
    if (!x) return null;
    const op = c.draw.one(["Add", "Sub", "Mul", "Div", "Pow"]);
    const shape = c.draw.chance(0.5) ? [] : stretched(c, x.shape);
    const number = op === "Add" || op === "Sub" ? 0 : 1;
    const y = c.constant(
      x.dtype,
      shape,
      Array.from({ length: count(shape) }, () => number),
    );
    return c.apply(op, [x, y]);
  },
};

export const divided: Maker = {
  make(c) {
    const x = c.pick((each) => isFloat(each) || each.dtype === "int64");
    if (!x || x.dtype === "float16") return null;
    const shape = stretched(c, x.shape);
    const elements = Array.from({ length: count(shape) }, () =>
      isFloat(x) ? c.draw.one([0.5, 2, -1.5]) : c.draw.one([1, 2, 3]),
    );
    const y = c.constant(x.dtype, shape, elements);
    return c.apply("Div", [x, y], {
      most: x.most * 2,
      error: x.error * 2 + (isFloat(x) ? c.rounded(x.dtype, x.most * 2, 2) : 0),
    });
  },
};

const power: Maker = {
  make(c) {
    const x = c.pickFloat(({ most }) => most <= 4);
    if (!x) return null;
    const exponent = c.draw.one([2, 3]);
    const y = c.constant(x.dtype, c.draw.one([[], [1]]), [exponent]);
    const most = x.most ** exponent;
    if (x.shape.length === 0 && y.shape.length === 1) return null;
    return c.apply("Pow", [x, y], {
      most,
      error: x.error * exponent * x.most ** (exponent - 1) + c.rounded(x.dtype, most, 4),
    });
  },
};

const many: Maker = {
  since: 8,
  make(c) {
    const x = c.pickFloat(({ dtype }) => dtype === "float32");
    if (!x) return null;
    const others = Array.from({ length: c.draw.int(0, 3) }, () => partner(c, x) as Value);
    let shape: number[] | null = [...x.shape];
    for (const { shape: other } of others) shape = shape && together(shape, other);
    if (!shape) return null;
    const op = c.draw.one(["Sum", "Mean", "Max", "Min"]);
    const values = [x, ...others];
    const most = values.reduce((sum, each) => sum + each.most, 0);
    const error =
      values.reduce((sum, each) => sum + each.error, 0) +
      (op === "Sum" || op === "Mean" ? c.rounded(x.dtype, most, 4) : 0);
    return c.apply(op, values, { shape, most, error });
  },
};

const prelu: Maker = {
  make(c) {
    const x = c.pickFloat(({ dtype }) => dtype === "float32");
    if (!x) return null;
    const slope = c.floats(stretched(c, x.shape));
    return c.apply("PRelu", [x, slope], { error: x.error + c.rounded(x.dtype, x.most) });
  },
};

export const clip: Maker = {
  weight: 2,
  make(c) {
    const x = c.pickFloat(({ dtype }) => dtype === "float32");
    if (!x) return null;
    const [low, high] = [c.draw.chance(0.6) ? -0.5 : null, c.draw.chance(0.6) ? 0.75 : null];
    const most = Math.max(x.most, 0.75);
    if (c.opset < 11) {
      const limits = {
        min: low === null ? undefined : { float: low },
        max: high === null ? undefined : { float: high },
      };
      return c.apply("Clip", [x], { most }, limits);
    }
    const limit = (value: number | null) => (value === null ? null : c.constant("float32", [], [value]));
    return c.apply("Clip", [x, limit(low), limit(high)], { most });
  },
};

const compare: Maker = {
  make(c) {
    const { draw, opset } = c;
    const kinds = opset >= 11 ? ["float32", "int64", "int32"] : opset >= 9 ? ["int64", "int32"] : ["float32"];
    const x = c.pick(({ dtype, error }) => kinds.includes(dtype) && error === 0);
    const y =
      x &&
      c.pick(
        ({ dtype, error, shape }) => dtype === x.dtype && error === 0 && together(x.shape, shape) !== null,
      );
    if (!x || !y) return null;
    const ops = ["Greater", "Less", ...(x.dtype === "float32" && opset < 11 ? [] : ["Equal"])];
    if (opset >= 12) ops.push("GreaterOrEqual", "LessOrEqual");
    return c.apply(draw.one(ops), [x, y], {
      dtype: "bool",
      shape: together(x.shape, y.shape) ?? [],
      most: 1,
      error: 0,
    });
  },
};

const logic: Maker = {
  make(c) {
    const x = c.pick(({ dtype }) => dtype === "bool");
    if (!x) return null;
    if (c.draw.chance(0.3)) return c.apply("Not", [x]);
    const y = c.pick(({ dtype, shape }) => dtype === "bool" && together(x.shape, shape) !== null);
    return (
      y && c.apply(c.draw.one(["And", "Or", "Xor"]), [x, y], { shape: together(x.shape, y.shape) ?? [] })
    );
  },
};

export const where: Maker = {
  since: 9,
  make(c) {
    const condition = c.pick(({ dtype }) => dtype === "bool");
    const fits = (value: Value) => !!condition && together(condition.shape, value.shape) !== null;
    const x = c.pick((value) => (value.dtype === "float32" || value.dtype === "int64") && fits(value));
    const y = x && partner(c, x);
    const shape = condition && x && y && together(together(condition.shape, x.shape) ?? [], y.shape);
    if (!shape) return null;
    const { dtype } = x;
    return c.apply("Where", [condition, x, y], {
      dtype,
      shape,
      most: Math.max(x.most, y.most),
      error: Math.max(x.error, y.error),
    });
  },
};

const wholes: Maker = {
  weight: 2,
  make(c) {
    const x = c.pick(({ dtype }) => dtype === "int64" || dtype === "int32");
    if (!x) return null;
    const ops = ["Abs", "Neg", ...(c.opset >= 9 ? ["Sign"] : []), ...(c.opset >= 10 ? ["Mod"] : [])];
    if (c.opset >= 18) ops.push("BitwiseNot");
    const op = c.draw.one(ops);
    if (op === "Neg" && x.dtype === "int64" && c.opset < 13) return null;
    if (op !== "Mod") return c.apply(op, [x], { most: x.most + 1 });
    return c.apply("Mod", [x, c.constant(x.dtype, [], [c.draw.int(2, 5)])], { most: 5 });
  },
};

const CASTS: Readonly<Record<string, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

export const cast: Maker = {
  weight: 3,
  make(c) {
    const x = c.pick(({ dtype }) => dtype !== "string");
    if (!x) return null;
    const to = c.draw.one(["float32", "float32", "int32", "int64", "bool", "float16", "float64"] as const);
    // Whatever cuts or rounds coarsely needs the same bits in every graph.
    const cuts = isFloat(x) && to !== "float64" && to !== "float32";
    if (cuts && x.error > 0) return null;
    if (!isFloat(x) && to === "float16" && x.most > 2000) return null;
    if (to.startsWith("float") && x.most > 64) return null;
    const error =
      isFloat(x) && to === "float32" && x.dtype === "float64"
        ? x.error + c.rounded("float32", x.most)
        : x.error;
    return c.apply(
      "Cast",
      [x],
      { dtype: to, most: to === "bool" ? 1 : x.most, error },
      { to: { int: CASTS[to] ?? 1 } },
    );
  },
};

export const elementwise: readonly Maker[] = [
  unary,
  withAlpha,
  steps,
  away,
  binary,
  neutral,
  divided,
  power,
  many,
  prelu,
  clip,
  compare,
  logic,
  where,
  wholes,
  cast,
];
