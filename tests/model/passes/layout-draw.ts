// Random graphs in which transpositions stand between nodes that may be computed in any layout, and some that may not.
import { type Attribute, attribute, type Model, type Value } from "../../../src/model/graph/index.ts";
import { random } from "../../serve/random.ts";
import { type Builder, build } from "./build.ts";

const { int, ints, string } = attribute;

/** A value with its shape; "n" is the open length, which is 3 where it is fed. */
interface Drawn {
  readonly value: Value;
  readonly shape: readonly (number | "n")[];
}

interface Sketch {
  readonly b: Builder;
  readonly pool: Drawn[];
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
}

type Step = (at: Sketch, x: Drawn) => Drawn | null;

const PERMUTATIONS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  2: [[1, 0]],
  3: [
    [0, 2, 1],
    [2, 0, 1],
    [1, 2, 0],
  ],
  4: [
    [0, 3, 1, 2],
    [0, 2, 3, 1],
    [0, 3, 1, 2],
    [0, 2, 3, 1],
    [0, 1, 3, 2],
  ],
  5: [
    [0, 4, 1, 2, 3],
    [0, 2, 3, 4, 1],
  ],
};

const transpose: Step = ({ b, pick }, { value, shape }) => {
  const all = PERMUTATIONS[shape.length];
  if (!all) return null;
  const perm = pick(all);
  return {
    value: b.node("Transpose", [value], { perm: ints(perm) }),
    shape: perm.map((axis) => shape[axis] as number),
  };
};

const same =
  (op: string, attributes: Record<string, Attribute> = {}, ...more: readonly number[]): Step =>
  ({ b }, { value, shape }) => {
    const others = more.map((number) => b.constant("float32", [], [number]));
    return { value: b.node(op, [value, ...others], attributes), shape };
  };

const axisOf = (at: Sketch, shape: Drawn["shape"], fits: (dim: number) => boolean = () => true) => {
  const axes = shape.flatMap((dim, axis) => (typeof dim === "number" && fits(dim) ? [axis] : []));
  return axes.length === 0 ? null : at.pick(axes);
};

/** From the front, or from the back. */
const told = (at: Sketch, axis: number, rank: number) => (at.below(2) === 0 ? axis : axis - rank);

const softmax: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape);
  if (axis === null) return null;
  const attributes = { axis: int(told(at, axis, shape.length)) };
  return { value: at.b.node(at.pick(["Softmax", "LogSoftmax"]), [value], attributes), shape };
};

const binary: Step = (at, { value, shape }) => {
  const others = at.pool.filter((each) => each.shape.join() === shape.join());
  const pair = [value, at.pick(others).value];
  return { value: at.b.node(at.pick(["Add", "Mul", "Max"]), at.below(2) ? pair : pair.reverse()), shape };
};

const withConstant: Step = (at, { value, shape }) => {
  const rank = at.below(shape.length + 1);
  const dims = shape.slice(shape.length - rank).map((dim) => (dim === "n" || at.below(3) === 0 ? 1 : dim));
  const weights = at.b.weights(dims, 1 + at.below(5));
  const op = at.pick(["Add", "Sub", "Mul", "PRelu"]);
  return { value: at.b.node(op, [value, weights]), shape };
};

const quantize: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape);
  const isEach = axis !== null && at.below(2) === 0;
  const count = isEach ? (shape[axis] as number) : 1;
  const dims = isEach ? [count] : [];
  const scale = at.b.constant(
    "float32",
    dims,
    Array.from({ length: count }, (_, i) => 0.01 + i / 128),
  );
  const zero = at.b.constant("uint8", dims, new Array<number>(count).fill(128));
  const attributes: Record<string, Attribute> = isEach ? { axis: int(told(at, axis, shape.length)) } : {};
  const whole = at.b.node("QuantizeLinear", [value, scale, zero], attributes);
  const moved = at.below(2) === 0 ? transpose(at, { value: whole, shape }) : null;
  if (moved && !isEach)
    return { value: at.b.node("DequantizeLinear", [moved.value, scale, zero]), shape: moved.shape };
  return { value: at.b.node("DequantizeLinear", [whole, scale, zero], attributes), shape };
};

const concat: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape, (dim) => dim < 5);
  if (axis === null) return null;
  const other = at.pick(at.pool.filter((each) => each.shape.join() === shape.join()));
  const made = at.b.node("Concat", [value, other.value], { axis: int(told(at, axis, shape.length)) });
  return { value: made, shape: shape.map((dim, i) => (i === axis ? 2 * (dim as number) : dim)) };
};

const split: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape, (dim) => dim > 1);
  if (axis === null) return null;
  const length = shape[axis] as number;
  const parts = at.b.nodes("Split", [value, at.b.ints(1, length - 1)], 2, {
    axis: int(told(at, axis, shape.length)),
  });
  const [one, rest] = [1, length - 1].map((part, i) => ({
    value: parts[i] as Value,
    shape: shape.map((dim, each) => (each === axis ? part : dim)),
  }));
  at.pool.push(one as Drawn);
  return rest as Drawn;
};

const pad: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape);
  if (axis === null) return null;
  const mode = at.pick(["constant", "edge"]);
  const attributes = { mode: string(mode) };
  const [before, after] = [at.below(3), at.below(2)];
  const longer = shape.map((dim, i) => (i === axis ? (dim as number) + before + after : dim));
  if (at.below(2) === 0) {
    const axes = at.b.ints(told(at, axis, shape.length));
    return {
      value: at.b.node("Pad", [value, at.b.ints(before, after), null, axes], attributes),
      shape: longer,
    };
  }
  const side = (length: number) => shape.map((_, i) => (i === axis ? length : 0));
  const pads = at.b.ints(...side(before), ...side(after));
  return { value: at.b.node("Pad", [value, pads], attributes), shape: longer };
};

const slice: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape, (dim) => dim > 1);
  if (axis === null) return null;
  const shorter = shape.map((dim, i) => (i === axis ? (dim as number) - 1 : dim));
  if (axis === 0 && at.below(2) === 0)
    return { value: at.b.node("Slice", [value, at.b.ints(1), at.b.ints(2 ** 40)]), shape: shorter };
  const axes = at.b.ints(told(at, axis, shape.length));
  return { value: at.b.node("Slice", [value, at.b.ints(1), at.b.ints(2 ** 40), axes]), shape: shorter };
};

const reduce: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape);
  if (axis === null || shape.length < 3) return null;
  const keep = at.below(2);
  const made = at.b.node(
    at.pick(["ReduceMean", "ReduceMax", "ReduceSum"]),
    [value, at.b.ints(told(at, axis, shape.length))],
    { keepdims: int(keep) },
  );
  const kept = shape.map((dim, i) => (i === axis ? 1 : dim));
  return { value: made, shape: keep ? kept : shape.filter((_, i) => i !== axis) };
};

const rank: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape);
  if (axis === null || shape.length < 3) return null;
  const made = at.b.node("ArgMax", [value], { axis: int(told(at, axis, shape.length)), keepdims: int(0) });
  return { value: at.b.node("Cast", [made], { to: int(1) }), shape: shape.filter((_, i) => i !== axis) };
};

const unsqueeze: Step = (at, { value, shape }) => {
  if (shape.length > 4) return null;
  const axis = at.below(shape.length + 1);
  const to = [...shape.slice(0, axis), 1, ...shape.slice(axis)];
  const made = at.b.node("Unsqueeze", [value, at.b.ints(told(at, axis, to.length))]);
  return { value: made, shape: to };
};

/** By Squeeze, or by a Reshape that does the same. */
const squeeze: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape, (dim) => dim === 1);
  if (axis === null || shape.length < 3) return null;
  const to = shape.filter((_, i) => i !== axis);
  const made =
    at.below(2) === 0
      ? at.b.node("Squeeze", [value, at.b.ints(told(at, axis, shape.length))])
      : at.b.node("Reshape", [value, at.b.ints(...to.map((dim) => (dim === "n" ? -1 : dim)))]);
  return { value: made, shape: to };
};

const gather: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape);
  if (axis === null) return null;
  const made = at.b.node("Gather", [value, at.b.ints(0, -1)], { axis: int(told(at, axis, shape.length)) });
  return { value: made, shape: shape.map((dim, i) => (i === axis ? 2 : dim)) };
};

const tile: Step = (at, { value, shape }) => {
  const axis = axisOf(at, shape, (dim) => dim < 3);
  if (axis === null) return null;
  const made = at.b.node("Tile", [value, at.b.ints(...shape.map((_, i) => (i === axis ? 2 : 1)))]);
  return { value: made, shape: shape.map((dim, i) => (i === axis ? 2 * (dim as number) : dim)) };
};

const resize: Step = (at, { value, shape }) => {
  const [, , height, width] = shape;
  if (shape.length !== 4 || typeof height !== "number" || typeof width !== "number") return null;
  const made = at.b.node("Resize", [value, null, null, at.b.ints(height + 1, 2 * width)], {
    axes: ints([2, 3]),
    mode: string(at.pick(["nearest", "linear"])),
  });
  return { value: made, shape: [...shape.slice(0, 2), height + 1, 2 * width] };
};

/** Rows of each place of two maps that differ in how many places they have. */
const rows: Step = (at, { value, shape }) => {
  const [, channels, ...places] = shape;
  if (typeof channels !== "number" || places.length < 2 || places.includes("n")) return null;
  const { b } = at;
  const row = at.pick([1, 2, channels].filter((length) => channels % length === 0));
  const order = [0, ...places.map((_, i) => i + 2), 1];
  const flat = (x: Value) => {
    const moved = b.node("Transpose", [x], { perm: ints(order) });
    const seen = b.node("Reshape", [moved, b.ints(0, -1, row)]);
    return at.below(2) === 0 ? b.node("Relu", [seen]) : seen;
  };
  const shorter = b.node("Slice", [value, b.ints(1), b.ints(2 ** 40), b.ints(2)]);
  const count = (length: number) =>
    ((length * channels) / row) * (places as number[]).slice(1).reduce((all, dim) => all * dim, 1);
  const height = places[0] as number;
  if (height < 2) return null;
  const made = b.node("Concat", [flat(value), flat(shorter)], { axis: int(1) });
  return { value: made, shape: [shape[0] as number, count(2 * height - 1), row] };
};

/** What no transposition passes. */
const fixed: Step = (at, { value, shape }) => {
  const last = shape.at(-1);
  if (typeof last !== "number" || shape.length < 2) return null;
  return { value: at.b.node("MatMul", [value, at.b.weights([last, last], 1 + at.below(5))]), shape };
};

const conv: Step = (at, { value, shape }) => {
  const channels = shape[1];
  if (shape.length !== 4 || typeof channels !== "number") return null;
  return { value: at.b.node("Conv", [value, at.b.weights([channels, channels, 1, 1])]), shape };
};

const STEPS: readonly Step[] = [
  ...new Array<Step>(14).fill(transpose),
  same("Tanh"),
  same("Clip", {}, -0.5, 0.5),
  same("Relu"),
  same("Abs"),
  softmax,
  binary,
  binary,
  withConstant,
  withConstant,
  quantize,
  concat,
  split,
  pad,
  slice,
  reduce,
  rank,
  unsqueeze,
  squeeze,
  gather,
  tile,
  resize,
  rows,
  fixed,
  conv,
];

const SHAPES: readonly Drawn["shape"][] = [
  ["n", 4, 3, 2],
  ["n", 5, 4, 3],
  [1, 3, 4, 3],
  ["n", 2, 3],
];
/** Elements that a value has at most, the open length being 3. */
const MAX_ELEMENTS = 4_000;

export function drawLayouts(seed: number): Model {
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  return build(19, (b) => {
    const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
    const pool: Drawn[] = Array.from({ length: 1 + below(2) }, (_, i) => {
      const shape = pick(SHAPES);
      return { value: b.input(`x${i}`, "float32", shape), shape };
    });
    const at: Sketch = { b, pool, below, pick };
    for (let i = 4 + below(30); i > 0; i--) {
      // The newest are picked most, so that chains become long.
      const x = pool[pool.length - 1 - Math.floor(next() ** 3 * pool.length)] as Drawn;
      const made = pick(STEPS)(at, x);
      const size = (made?.shape ?? []).reduce<number>((product, dim) => product * (dim === "n" ? 3 : dim), 1);
      if (made && size <= MAX_ELEMENTS) pool.push(made);
      else if (made) b.output(made.value);
    }
    const inputs = new Set(b.graph.inputs);
    for (const { value } of pool)
      if (!inputs.has(value) && (value.uses.length === 0 || next() < 0.1)) b.output(value);
    if (b.graph.outputs.length === 0) b.output(b.node("Neg", [(pool[0] as Drawn).value]));
  });
}
