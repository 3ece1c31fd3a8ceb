// Random graphs of the operators that simplify looks at, joined so that its rules meet: shapes of a symbolic first axis.
import { type Attribute, attribute, type Model, type Value } from "../../../src/model/graph/index.ts";
import { random } from "../../serve/random.ts";
import { type Builder, build } from "./build.ts";

const { float, int, ints, string } = attribute;

/** The last that fits; Node 20's types do not know findLast yet. */
function last<T>(from: readonly T[], fits: (each: T) => boolean): T | undefined {
  return [...from].reverse().find(fits);
}

function lastIndex<T>(from: readonly T[], fits: (each: T) => boolean): number {
  const found = [...from].reverse().findIndex(fits);
  return found < 0 ? -1 : from.length - 1 - found;
}

/** A value with its shape; "n" is the symbolic length. */
interface Drawn {
  readonly value: Value;
  readonly shape: readonly (number | "n")[];
}

type Step = (at: Sketch, x: Drawn) => Drawn | null;

/** What one random graph is drawn with. */
export class Sketch {
  readonly b: Builder;
  readonly next: () => number;
  readonly pool: Drawn[];
  readonly depth: number;
  readonly opset: number;
  /** Whether only functions are drawn that a little rounding moves a little. */
  readonly smooth: boolean;

  constructor(
    b: Builder,
    next: () => number,
    pool: readonly Drawn[],
    outer: { opset: number; smooth: boolean; depth: number },
  ) {
    this.b = b;
    this.next = next;
    this.pool = [...pool];
    this.opset = outer.opset;
    this.smooth = outer.smooth;
    this.depth = outer.depth;
  }

  inside(b: Builder, pool: readonly Drawn[]): Sketch {
    return new Sketch(b, this.next, pool, { ...this, depth: this.depth + 1 });
  }

  /** A whole number below a limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** The newest values are picked most, so that chains become long. */
  recent(): Drawn {
    const back = Math.floor(this.next() ** 2 * Math.min(6, this.pool.length));
    return this.pool[this.pool.length - 1 - back] as Drawn;
  }

  weights(shape: readonly number[]): Value {
    return this.b.weights(shape, 1 + this.below(5));
  }

  step(): void {
    const made = this.pick(this.smooth ? SMOOTH : STEPS)(this, this.recent());
    if (made) this.pool.push(made);
  }
}

const SMOOTH_UNARY = ["Relu", "Neg", "Abs", "Sigmoid", "Tanh", "Identity", "Dropout"];
const UNARY = [...SMOOTH_UNARY, "Floor", "Ceil", "Round", "Sign"];

const unary = (at: Sketch, { value, shape }: Drawn): Drawn => {
  return { value: at.b.node(at.pick(at.smooth ? SMOOTH_UNARY : UNARY), [value]), shape };
};

/** A number that leaves everything, or nothing, as it is. */
const units = (at: Sketch, { value, shape }: Drawn): Drawn => {
  const op = at.pick(["Add", "Sub", "Mul", "Div", "Pow"]);
  const constant = at.b.constant("float32", at.pick([[], [1], [1, 1]]).slice(0, shape.length), [
    at.pick([0, -0, 1, 2, -1]),
  ]);
  // Quotients and powers of what may be near zero are not smooth; otherwise they are the same nonsense before and after.
  const first = op !== "Pow" && !(at.smooth && op === "Div") && at.next() < 0.3;
  return { value: at.b.node(op, first ? [constant, value] : [value, constant]), shape };
};

const perChannel = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const channels = shape[1];
  if (typeof channels !== "number") return null;
  const dims = [channels, ...new Array(shape.length - 2).fill(1)];
  const op = at.pick(["Add", "Sub", "Mul"]);
  const constant = at.weights(at.next() < 0.5 ? dims : [1, ...dims]);
  return { value: at.b.node(op, at.next() < 0.7 ? [value, constant] : [constant, value]), shape };
};

const binary = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const other = last(at.pool, (each) => each.value !== value && each.shape.join() === shape.join());
  if (!other) return null;
  return { value: at.b.node(at.pick(["Add", "Sub", "Mul", "Max", "Min"]), [value, other.value]), shape };
};

const conv = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const [n, channels, height, width] = shape;
  if (
    shape.length !== 4 ||
    typeof channels !== "number" ||
    typeof height !== "number" ||
    typeof width !== "number"
  )
    return null;
  const kernel = at.pick([1, 1, 2, 3]);
  const padding = at.below(2);
  if (height + 2 * padding < kernel || width + 2 * padding < kernel) return null;
  const rows = at.pick([2, 3, 4]);
  const bias = at.next() < 0.5 ? [at.weights([rows])] : [];
  const attributes = { pads: ints([padding, padding, padding, padding]) };
  const made = at.b.node("Conv", [value, at.weights([rows, channels, kernel, kernel]), ...bias], attributes);
  return {
    value: made,
    shape: [n as "n", rows, height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1],
  };
};

const batchNorm = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const channels = shape[1];
  if (typeof channels !== "number") return null;
  const variance = at.b.constant(
    "float32",
    [channels],
    Array.from({ length: channels }, (_, i) => 0.5 + i),
  );
  const [scale, bias, mean] = [at.weights([channels]), at.weights([channels]), at.weights([channels])];
  return { value: at.b.node("BatchNormalization", [value, scale, bias, mean, variance]), shape };
};

const pad = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const [n, channels, height, width] = shape;
  if (shape.length !== 4 || typeof height !== "number" || typeof width !== "number") return null;
  const [top, right] = [at.below(2), at.below(2)];
  const fill = at.pick([null, at.b.constant("float32", [], [at.pick([0, 0, 1])])]);
  const made = at.b.node("Pad", [value, at.b.ints(0, 0, top, 0, 0, 0, 0, right), fill]);
  return { value: made, shape: [n as "n", channels as number, height + top, width + right] };
};

const pool = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const [n, channels, height, width] = shape;
  if (shape.length !== 4 || typeof height !== "number" || typeof width !== "number") return null;
  const kernel = at.pick([1, 2]);
  if (height < kernel || width < kernel) return null;
  const attributes: Record<string, Attribute> = { kernel_shape: ints([kernel, kernel]) };
  const op = at.pick(["MaxPool", "AveragePool"]);
  if (op === "AveragePool" && at.next() < 0.5) attributes.count_include_pad = int(1);
  return {
    value: at.b.node(op, [value], attributes),
    shape: [n as "n", channels as number, height - kernel + 1, width - kernel + 1],
  };
};

const transpose = (at: Sketch, { value, shape }: Drawn): Drawn => {
  const perm = shape.map((_, axis) => axis);
  for (let i = perm.length - 1; i > 0; i--) {
    const j = at.below(i + 1);
    [perm[i], perm[j]] = [perm[j] as number, perm[i] as number];
  }
  const attributes = at.next() < 0.1 ? {} : { perm: ints(perm) };
  const order = Object.hasOwn(attributes, "perm") ? perm : [...perm].sort((a, b) => b - a);
  return {
    value: at.b.node("Transpose", [value], attributes),
    shape: order.map((axis) => shape[axis] as number),
  };
};

/** To a shape that is written, or one that is put together from what Shape tells. */
const reshape = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const { b } = at;
  if (shape.filter((dim) => dim === "n").length !== 1) return null;
  const count = shape.reduce<number>((product, dim) => (dim === "n" ? product : product * dim), 1);
  const divisors = [1, 2, 3, 4, 5].filter((each) => count % each === 0);
  const first = at.pick(divisors);
  const to: (number | "n")[] = at.pick([
    ["n", count],
    ["n", first, count / first],
    [first, "n", count / first],
    ["n", 1, count],
  ]);
  const place = shape.indexOf("n");
  const kind = at.below(3);
  if (kind === 0) {
    const dims = to.map((dim) => (dim === "n" ? -1 : dim));
    return { value: b.node("Reshape", [value, b.ints(...dims)]), shape: to };
  }
  if (kind === 1 && to[place] === "n")
    return {
      value: b.node("Reshape", [value, b.ints(...to.map((dim) => (dim === "n" ? 0 : dim)))]),
      shape: to,
    };
  const length = b.node("Gather", [b.node("Shape", [value]), b.constant("int64", [], [place])]);
  const parts = to.map((dim) => (dim === "n" ? b.node("Unsqueeze", [length, b.ints(0)]) : b.ints(dim)));
  return { value: b.node("Reshape", [value, b.node("Concat", parts, { axis: int(0) })]), shape: to };
};

const flatten = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  if (shape[0] !== "n" || shape.length < 2) return null;
  const count = shape.slice(1).reduce<number>((product, dim) => product * (dim as number), 1);
  return { value: at.b.node("Flatten", [value]), shape: ["n", count] };
};

const unsqueeze = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  if (shape.length > 4) return null;
  const axis = at.below(shape.length + 1);
  const to = [...shape.slice(0, axis), 1, ...shape.slice(axis)];
  return {
    value: at.b.node("Unsqueeze", [value, at.b.ints(at.next() < 0.5 ? axis : axis - to.length)]),
    shape: to,
  };
};

const squeeze = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const axis = shape.lastIndexOf(1);
  if (axis < 0 || shape.length < 2) return null;
  return {
    value: at.b.node("Squeeze", [value, at.b.ints(axis)]),
    shape: shape.filter((_, at) => at !== axis),
  };
};

const slice = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const axis = lastIndex(shape, (dim) => typeof dim === "number" && dim > 1);
  if (axis < 0) return null;
  const length = shape[axis] as number;
  const start = at.below(2);
  const end = at.pick([length, length - 1, 2 ** 31 - 1, 2 ** 40]);
  const left = Math.min(end, length) - start;
  if (left < 1) return null;
  const made = at.b.node("Slice", [value, at.b.ints(start), at.b.ints(end), at.b.ints(axis)]);
  return { value: made, shape: shape.map((dim, i) => (i === axis ? left : dim)) };
};

const concat = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const axis = shape.findIndex((dim) => typeof dim === "number");
  if (axis < 0) return null;
  const count = 1 + at.below(3);
  if ((shape[axis] as number) * count > 12) return null;
  const made = at.b.node("Concat", new Array(count).fill(value), {
    axis: int(at.next() < 0.5 ? axis : axis - shape.length),
  });
  return { value: made, shape: shape.map((dim, i) => (i === axis ? (dim as number) * count : dim)) };
};

const reduce = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const axis = lastIndex(shape, (dim) => typeof dim === "number");
  if (axis < 0 || shape.length < 2) return null;
  const keep = at.below(2);
  const op = at.pick(["ReduceMean", "ReduceMax", "ReduceSum"]);
  const byInput = op === "ReduceSum" || at.opset >= 18;
  const made = byInput
    ? at.b.node(op, [value, at.b.ints(axis)], { keepdims: int(keep) })
    : at.b.node(op, [value], { axes: ints([axis]), keepdims: int(keep) });
  return {
    value: made,
    shape: keep ? shape.map((dim, i) => (i === axis ? 1 : dim)) : shape.filter((_, i) => i !== axis),
  };
};

const matMul = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const inner = shape.at(-1);
  if (typeof inner !== "number" || shape.length < 2) return null;
  const columns = at.pick([1, 2, 3]);
  const kind = at.below(3);
  const weights =
    kind === 1 ? at.b.node("Transpose", [at.weights([columns, inner])]) : at.weights([inner, columns]);
  const to = [...shape.slice(0, -1), columns];
  let made =
    kind === 2 && shape.length === 2
      ? at.b.node("Gemm", [value, weights], { alpha: float(at.pick([1, 0.5])) })
      : at.b.node("MatMul", [value, weights]);
  if (at.next() < 0.6) {
    const bias = at.weights(at.pick([[columns], [1], [1, columns]]));
    made = at.b.node("Add", at.next() < 0.5 ? [made, bias] : [bias, made]);
  }
  return { value: made, shape: to };
};

const casts = (at: Sketch, { value, shape }: Drawn): Drawn => {
  const through = at.pick([1, 11, 6, 7, 10]);
  const again = at.pick([[], [11], [7]]);
  let made = at.b.node("Cast", [value], { to: int(through) });
  for (const to of again) made = at.b.node("Cast", [made], { to: int(to) });
  return { value: at.b.node("Cast", [made], { to: int(1) }), shape };
};

const expand = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const { b } = at;
  const kind = at.below(3);
  if (kind === 0)
    return {
      value: b.node("Expand", [value, b.ints(...shape.map((dim) => (dim === "n" ? 1 : dim)))]),
      shape,
    };
  if (kind === 1) return { value: b.node("Expand", [value, b.node("Shape", [value])]), shape };
  return { value: b.node("Tile", [value, b.ints(...shape.map(() => 1))]), shape };
};

/** Weights that are computed before anything is fed. */
const constants = (at: Sketch, { value, shape }: Drawn): Drawn | null => {
  const last = shape.at(-1);
  if (typeof last !== "number") return null;
  const { b } = at;
  const made = b.node(at.pick(["Exp", "Neg", "Sqrt"]), [b.node("Abs", [at.weights([last])])]);
  const scaled = b.node("Mul", [made, b.node("ConstantOfShape", [b.ints(1)])]);
  return { value: b.node("Add", [value, scaled]), shape };
};

const clip = (at: Sketch, { value, shape }: Drawn): Drawn => {
  const bound = (number: number | null) => (number === null ? null : at.b.constant("float32", [], [number]));
  return {
    value: at.b.node("Clip", [value, bound(at.pick([null, -1, 0])), bound(at.pick([null, 1, 6]))]),
    shape,
  };
};

const where = (at: Sketch, { value, shape }: Drawn): Drawn => {
  const { b } = at;
  const kind = at.below(3);
  const zero = b.constant("float32", [], [0]);
  if (kind === 0)
    return {
      value: b.node("Where", [b.constant("bool", [1], [at.below(2)]), value, b.node("Neg", [value])]),
      shape,
    };
  if (kind === 1) return { value: b.node("Where", [b.node("Less", [value, zero]), value, value]), shape };
  return {
    value: b.node("Where", [b.node("Not", [b.node("Not", [b.node("Less", [value, zero])])]), value, zero]),
    shape,
  };
};

/** The same nodes again: what is common is computed once. */
const again = (at: Sketch, { value, shape }: Drawn): Drawn => {
  const once = at.b.node("Tanh", [at.b.node("Mul", [value, value])]);
  const twice = at.b.node("Tanh", [at.b.node("Mul", [value, value])]);
  return { value: at.b.node("Add", [once, twice]), shape };
};

/** A choice that a constant makes, or that only a run makes; branches read what is around them. */
const choice: Step = (at, { value, shape }) => {
  if (at.depth > 1) return null;
  const { b } = at;
  const conditions = [
    () => b.constant("bool", [], [at.below(2)]),
    () =>
      b.node("Less", [
        b.node("ReduceSum", [value, null], { keepdims: int(0) }),
        b.constant("float32", [], [0]),
      ]),
    () =>
      b.node("Equal", [
        b.node("Size", [b.node("Shape", [value])]),
        b.constant("int64", [], [at.pick([shape.length, 9])]),
      ]),
  ];
  // A sum near zero may be on either side of it.
  const condition = at.pick(conditions.filter((_, i) => !at.smooth || i !== 1))();
  const branch = (name: string) =>
    b.subgraph(name, (inner) => {
      const within = at.inside(inner, [{ value, shape }]);
      for (let i = 0; i < 1 + at.below(4); i++) within.step();
      const found = last(within.pool, (each) => each.value !== value && each.shape.join() === shape.join());
      inner.output(
        found && found.value.graph === inner.graph ? found.value : inner.node("Identity", [value]),
      );
    });
  const [made] = b.nodes("If", [condition], 1, { then_branch: branch("yes"), else_branch: branch("no") });
  return made ? { value: made, shape } : null;
};

/** A loop of a few turns, of one, or of none. */
const loop: Step = (at, { value, shape }) => {
  if (at.depth > 1) return null;
  const { b } = at;
  const turns = at.below(4);
  const body = b.subgraph("body", (inner) => {
    inner.input("turn", "int64", []);
    const goesOn = inner.input("goes_on", "bool", []);
    const state = inner.input("state", "float32", null);
    const within = at.inside(inner, [{ value: state, shape }]);
    for (let i = 0; i < 1 + at.below(3); i++) within.step();
    const found = last(within.pool, (each) => each.value !== state && each.shape.join() === shape.join());
    inner.output(inner.node("Identity", [goesOn]), "bool");
    inner.output(
      found && found.value.graph === inner.graph ? found.value : inner.node("Add", [state, value]),
    );
  });
  const condition = at.next() < 0.5 ? null : b.constant("bool", [], [at.next() < 0.8 ? 1 : 0]);
  const [made] = b.nodes("Loop", [b.constant("int64", [], [turns]), condition, value], 1, { body });
  return made ? { value: made, shape } : null;
};

const resize: Step = (at, { value, shape }) => {
  if (shape.length !== 4) return null;
  const scales = at.b.constant("float32", [4], [1, 1, 1, 1]);
  return {
    value: at.b.node("Resize", [value, null, scales], { mode: string(at.pick(["nearest", "linear"])) }),
    shape,
  };
};

const STEPS: readonly Step[] = [
  unary,
  unary,
  units,
  units,
  perChannel,
  perChannel,
  binary,
  conv,
  conv,
  batchNorm,
  batchNorm,
  pad,
  pool,
  transpose,
  transpose,
  reshape,
  reshape,
  flatten,
  unsqueeze,
  squeeze,
  squeeze,
  slice,
  slice,
  concat,
  reduce,
  matMul,
  matMul,
  casts,
  expand,
  constants,
  clip,
  where,
  again,
  choice,
  loop,
  resize,
];

/** What jumps: rounding to whole numbers and halves, and choices. */
const JUMPS: ReadonlySet<Step> = new Set([casts, where]);
const SMOOTH = STEPS.filter((step) => !JUMPS.has(step));

/** A model of random nodes with one to three outputs. The same seed draws the same model. */
export function drawModel(seed: number, smooth: boolean): Model {
  const next = random(seed);
  const opset = next() < 0.5 ? 17 : 18;
  return build(opset, (b) => {
    const x = b.input("x", "float32", ["n", 3, 4, 5]);
    const y = b.input("y", "float32", ["n", 6]);
    const pool: Drawn[] = [
      { value: y, shape: ["n", 6] },
      { value: x, shape: ["n", 3, 4, 5] },
    ];
    const at = new Sketch(b, next, pool, { opset, smooth, depth: 0 });
    const count = 3 + at.below(14);
    for (let i = 0; i < count; i++) at.step();
    const outputs = at.pool.filter(({ value }) => value.producer).slice(-1 - at.below(3));
    for (const { value } of new Set(outputs)) b.output(value);
    if (outputs.length === 0) b.output(b.node("Neg", [x]));
  });
}
