// Random graphs that compute with shapes: tensors, and vectors of lengths that are read from them, cut, joined, computed with
// and used as shapes again. Written for the lengths of the inputs at hand, but nothing in them needs just these.
import { attribute, type DType, type Value } from "../../../src/model/index.ts";
import { type Builder, build } from "./build.ts";

/** A value with what it is for the lengths at hand; contents of vectors of lengths. */
interface Grown {
  readonly value: Value;
  readonly dims: readonly number[];
  readonly contents: readonly number[] | null;
}

interface Garden {
  readonly builder: Builder;
  readonly tensors: Grown[];
  readonly vectors: Grown[];
  below(n: number): number;
  constants: number;
}

const MAX_ELEMENTS = 20_000;
const INPUTS = 2;
/** Of the lengths of the inputs; the others are numbers. */
const NAMES: readonly string[] = ["batch", "seq", "width"];

export interface RandomGraph {
  readonly builder: Builder;
  /** Lengths of the inputs, by their name. */
  readonly lengths: ReadonlyMap<string, readonly number[]>;
}

/** A graph of so many steps; each adds one to a few nodes, or none where it does not fit. */
export function growGraph(next: () => number, steps: number): RandomGraph {
  const below = (n: number) => Math.floor(next() * n);
  const garden: Garden = { builder: build(18), tensors: [], vectors: [], below, constants: 0 };
  const lengths = new Map<string, readonly number[]>();
  const known = [2 + below(3), 3 + below(4), 2 + below(6)];
  for (let i = 0; i < INPUTS; i++) {
    const rank = 1 + below(4);
    const picks = Array.from({ length: rank }, () => below(NAMES.length + 1));
    const dims = picks.map((pick) => known[pick] ?? 4);
    const value = garden.builder.input(
      `x${i}`,
      "float32",
      picks.map((pick) => NAMES[pick] ?? 4),
    );
    lengths.set(value.name, dims);
    garden.tensors.push({ value, dims, contents: null });
  }
  for (let i = 0; i < steps; i++) STEPS[below(STEPS.length)]?.(garden, pick(garden, garden.tensors));
  return { builder: garden.builder, lengths };
}

function pick<T>({ below }: Pick<Garden, "below">, list: readonly T[]): T {
  // Later ones rather than earlier ones, so that chains become long.
  return list[Math.max(below(list.length), below(list.length))] as T;
}

type Step = (garden: Garden, x: Grown) => void;

const size = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);

function tensor(garden: Garden, value: Value, dims: readonly number[]): Grown {
  const grown = { value, dims, contents: null };
  if (size(dims) <= MAX_ELEMENTS && dims.length <= 6) garden.tensors.push(grown);
  return grown;
}

function vector(garden: Garden, value: Value, contents: readonly number[]): Grown {
  const grown = { value, dims: [contents.length], contents };
  garden.vectors.push(grown);
  return grown;
}

function whole(garden: Garden, numbers: readonly number[], dtype: DType = "int64"): Value {
  return garden.builder.constant(`c${garden.constants++}`, dtype, [numbers.length], numbers);
}

function shapeOf(garden: Garden, { value, dims }: Grown): Grown {
  return vector(garden, garden.builder.node("Shape", [value]), dims);
}

/** Some elements of a vector, in one of the ways in which exporters write it. */
function part(garden: Garden, { value, contents }: Grown, from: number, to: number): Grown {
  const { builder, below } = garden;
  const picked = (contents ?? []).slice(from, to);
  if (to === from + 1 && below(2) === 0) {
    const scalar = builder.node("Gather", [
      value,
      builder.constant(`c${garden.constants++}`, "int64", [], [from]),
    ]);
    return vector(garden, builder.node("Unsqueeze", [scalar, whole(garden, [0])]), picked);
  }
  const inputs = [value, whole(garden, [from]), whole(garden, [to]), whole(garden, [0])];
  return vector(garden, builder.node("Slice", inputs), picked);
}

function join(garden: Garden, parts: readonly Grown[]): Grown {
  return vector(
    garden,
    garden.builder.node(
      "Concat",
      parts.map(({ value }) => value),
      { axis: attribute.int(0) },
    ),
    parts.flatMap(({ contents }) => contents ?? []),
  );
}

const fixed = (garden: Garden, numbers: readonly number[]): Grown => ({
  value: whole(garden, numbers),
  dims: [numbers.length],
  contents: numbers,
});

const STEPS: readonly Step[] = [
  function transpose(garden, { value, dims }) {
    const order = dims.map((_, axis) => axis).sort(() => garden.below(3) - 1);
    const made = garden.builder.node("Transpose", [value], { perm: attribute.ints(order) });
    tensor(
      garden,
      made,
      order.map((axis) => dims[axis] as number),
    );
  },
  function concat(garden, { value, dims }) {
    const axis = garden.below(dims.length);
    if (dims.length === 0) return;
    const others = garden.tensors.filter(
      (each) =>
        each.dims.length === dims.length && each.dims.every((dim, i) => i === axis || dim === dims[i]),
    );
    const other = pick(garden, others);
    const made = garden.builder.node("Concat", [value, other.value], {
      axis: attribute.int(axis - dims.length),
    });
    tensor(
      garden,
      made,
      dims.map((dim, i) => (i === axis ? dim + (other.dims[i] as number) : dim)),
    );
  },
  function slice(garden, { value, dims }) {
    if (dims.length === 0) return;
    const axis = garden.below(dims.length);
    const length = dims[axis] as number;
    const limit = () => [0, 1, -1, 2, -2, 3, length + 5, 2 ** 31 - 1, -(2 ** 31)][garden.below(9)] as number;
    const [start, end, step] = [limit(), limit(), [1, 1, 2, 3, -1][garden.below(5)] as number];
    // What that means, the runtime's kernel and ONNX's inference do not agree on.
    if (step < 0 && end === 2 ** 31 - 1) return;
    const inputs = [[start], [end], [axis], [step]].map((each) => whole(garden, each));
    const made = garden.builder.node("Slice", [value, ...inputs]);
    const index = (at: number, low: number, high: number) =>
      Math.min(Math.max(at < 0 ? at + length : at, low), high);
    const [from, to] =
      step > 0
        ? [index(start, 0, length), index(end, 0, length)]
        : [index(start, 0, length - 1), index(end, -1, length - 1)];
    const kept = Math.max(Math.ceil((to - from) / step), 0);
    if (kept > 0)
      tensor(
        garden,
        made,
        dims.map((dim, i) => (i === axis ? kept : dim)),
      );
  },
  function pad(garden, { value, dims }) {
    // The runtime pads no scalars.
    if (dims.length === 0) return;
    const pads = Array.from({ length: 2 * dims.length }, () => garden.below(3));
    const made = garden.builder.node("Pad", [value, whole(garden, pads)]);
    tensor(
      garden,
      made,
      dims.map((dim, i) => dim + (pads[i] as number) + (pads[i + dims.length] as number)),
    );
  },
  function flattenRest(garden, x) {
    const kept = garden.below(x.dims.length + 1);
    const target = join(garden, [part(garden, shapeOf(garden, x), 0, kept), fixed(garden, [-1])]);
    const made = garden.builder.node("Reshape", [x.value, target.value]);
    tensor(garden, made, [...x.dims.slice(0, kept), size(x.dims.slice(kept))]);
  },
  function merge(garden, x) {
    if (x.dims.length < 2) return;
    const at = garden.below(x.dims.length - 1);
    const shape = shapeOf(garden, x);
    const [a, b] = [part(garden, shape, at, at + 1), part(garden, shape, at + 1, at + 2)];
    const product = vector(garden, garden.builder.node("Mul", [a.value, b.value]), [
      size(x.dims.slice(at, at + 2)),
    ]);
    const parts = [part(garden, shape, 0, at), product, part(garden, shape, at + 2, x.dims.length)];
    const target = join(garden, parts);
    tensor(garden, garden.builder.node("Reshape", [x.value, target.value]), target.contents ?? []);
  },
  function divide(garden, x) {
    const axis = x.dims.findIndex((dim) => dim % 2 === 0);
    if (axis < 0) return;
    const shape = shapeOf(garden, x);
    const half = garden.builder.node("Div", [part(garden, shape, axis, axis + 1).value, whole(garden, [2])]);
    const halved = vector(garden, half, [(x.dims[axis] as number) / 2]);
    const rest = part(garden, shape, axis + 1, x.dims.length);
    const target = join(garden, [part(garden, shape, 0, axis), halved, fixed(garden, [2]), rest]);
    tensor(garden, garden.builder.node("Reshape", [x.value, target.value]), target.contents ?? []);
  },
  function expand(garden, x) {
    const axis = garden.below(x.dims.length + 1);
    const wider = garden.builder.node("Unsqueeze", [x.value, whole(garden, [axis])]);
    const shape = shapeOf(garden, x);
    const times = 1 + garden.below(3);
    const parts = [
      part(garden, shape, 0, axis),
      fixed(garden, [times]),
      part(garden, shape, axis, x.dims.length),
    ];
    const target = join(garden, parts);
    tensor(garden, garden.builder.node("Expand", [wider, target.value]), target.contents ?? []);
  },
  /** As PyTorch's exporter writes `expand` with -1 for "as it is". */
  function expandWhere(garden, x) {
    if (x.dims.length === 0) return;
    const given = fixed(
      garden,
      x.dims.map((dim) => (dim === 1 ? 1 + garden.below(4) : -1)),
    );
    const { builder } = garden;
    const open = builder.node("Equal", [given.value, whole(garden, [-1])]);
    const chosen = builder.node("Where", [open, shapeOf(garden, x).value, given.value]);
    const target = (given.contents ?? []).map((each, i) => (each === -1 ? (x.dims[i] as number) : each));
    tensor(garden, builder.node("Expand", [x.value, vector(garden, chosen, target).value]), target);
  },
  function reduce(garden, { value, dims }) {
    if (dims.length === 0) return;
    const axis = garden.below(dims.length);
    const keeps = garden.below(2);
    const made = garden.builder.node("ReduceMax", [value, whole(garden, [axis])], {
      keepdims: attribute.int(keeps),
    });
    const reduced = keeps ? dims.map((dim, i) => (i === axis ? 1 : dim)) : dims.filter((_, i) => i !== axis);
    tensor(garden, made, reduced);
    if (keeps) tensor(garden, garden.builder.node("Add", [value, made]), dims);
  },
  function add(garden, { value, dims }) {
    const other = pick(garden, garden.tensors);
    const rank = Math.max(dims.length, other.dims.length);
    const common: number[] = [];
    for (let i = 1; i <= rank; i++) {
      const [a, b] = [dims.at(-i) ?? 1, other.dims.at(-i) ?? 1];
      if (i <= dims.length && i <= other.dims.length && a !== b && a !== 1 && b !== 1) return;
      common.unshift(a === 1 ? b : a);
    }
    tensor(garden, garden.builder.node("Mul", [value, other.value]), common);
  },
  function tile(garden, { value, dims }) {
    const repeats = dims.map(() => 1 + garden.below(2));
    const made = garden.builder.node("Tile", [value, whole(garden, repeats)]);
    tensor(
      garden,
      made,
      dims.map((dim, i) => dim * (repeats[i] as number)),
    );
  },
  function split(garden, { value, dims }) {
    const axis = dims.findIndex((dim) => dim > 2);
    if (axis < 0) return;
    const attributes = { axis: attribute.int(axis), num_outputs: attribute.int(2) };
    const parts = garden.builder.nodes("Split", 2, [value], attributes);
    const first = Math.ceil((dims[axis] as number) / 2);
    [first, (dims[axis] as number) - first].forEach((length, i) => {
      tensor(
        garden,
        parts[i] as Value,
        dims.map((dim, j) => (j === axis ? length : dim)),
      );
    });
  },
  function range(garden, x) {
    if (x.dims.length === 0) return;
    const { builder, below } = garden;
    const axis = below(x.dims.length);
    const scalar = (n: number) => builder.constant(`c${garden.constants++}`, "int64", [], [n]);
    const limit = builder.node("Squeeze", [
      part(garden, shapeOf(garden, x), axis, axis + 1).value,
      whole(garden, [0]),
    ]);
    const [start, step] = [below(3), 1 + below(3)];
    const made = builder.node("Range", [scalar(start), limit, scalar(step)]);
    const count = Math.max(Math.ceil(((x.dims[axis] as number) - start) / step), 0);
    if (count > 0) tensor(garden, builder.node("Cast", [made], { to: attribute.int(1) }), [count]);
  },
  function filled(garden, x) {
    const made = garden.builder.node("ConstantOfShape", [shapeOf(garden, x).value]);
    tensor(garden, made, x.dims);
  },
  function arithmetic(garden) {
    if (garden.vectors.length === 0) return;
    const { value, contents } = pick(garden, garden.vectors);
    const [op, f] = ARITHMETIC[garden.below(ARITHMETIC.length)] as (typeof ARITHMETIC)[number];
    const by = 1 + garden.below(4);
    const made = garden.builder.node(op, [value, whole(garden, [by])]);
    vector(
      garden,
      made,
      (contents ?? []).map((each) => f(each, by)),
    );
  },
  function floats(garden) {
    if (garden.vectors.length === 0) return;
    const { builder } = garden;
    const { value, contents } = pick(garden, garden.vectors);
    const real = builder.node("Cast", [value], { to: attribute.int(1) });
    const twice = builder.node("Mul", [real, whole(garden, [2], "float32")]);
    const floor = builder.node("Floor", [twice]);
    const back = builder.node("Cast", [floor], { to: attribute.int(7) });
    vector(
      garden,
      back,
      (contents ?? []).map((each) => 2 * each),
    );
  },
  function gather(garden, { value, dims }) {
    if (dims.length === 0) return;
    const axis = garden.below(dims.length);
    const made = garden.builder.node("Gather", [value, whole(garden, [0, -1, 0])], {
      axis: attribute.int(axis),
    });
    tensor(
      garden,
      made,
      dims.map((dim, i) => (i === axis ? 3 : dim)),
    );
  },
  function matMul(garden, { value, dims }) {
    if (dims.length < 2) return;
    const order = dims.map((_, axis) => axis);
    order.push(...order.splice(-2, 1));
    const turned = garden.builder.node("Transpose", [value], { perm: attribute.ints(order) });
    const rows = dims.at(-2) as number;
    tensor(garden, garden.builder.node("MatMul", [value, turned]), [...dims.slice(0, -2), rows, rows]);
  },
  function pool(garden, { value, dims }) {
    if (dims.length < 3 || dims.length > 4) return;
    const spatial = dims.length - 2;
    const ints = (n: number, count = spatial) => attribute.ints(new Array<number>(count).fill(n));
    // With this border the window fits lengths of 1 too.
    const window = { kernel_shape: ints(2), strides: ints(2), pads: ints(1, 2 * spatial) };
    const made = garden.builder.node("MaxPool", [value], window);
    tensor(
      garden,
      made,
      dims.map((dim, i) => (i < 2 ? dim : Math.floor(dim / 2) + 1)),
    );
  },
  function flatten(garden, { value, dims }) {
    const axis = garden.below(dims.length + 1);
    const made = garden.builder.node("Flatten", [value], { axis: attribute.int(axis) });
    tensor(garden, made, [size(dims.slice(0, axis)), size(dims.slice(axis))]);
  },
  function count(garden, x) {
    const { builder } = garden;
    const all = builder.node("Unsqueeze", [builder.node("Size", [x.value]), whole(garden, [0])]);
    tensor(garden, builder.node("Reshape", [x.value, vector(garden, all, [size(x.dims)]).value]), [
      size(x.dims),
    ]);
  },
];

const ARITHMETIC: readonly (readonly [op: string, f: (a: number, b: number) => number])[] = [
  ["Add", (a, b) => a + b],
  ["Sub", (a, b) => a - b],
  ["Mul", (a, b) => a * b],
  ["Div", (a, b) => Math.trunc(a / b)],
  ["Mod", (a, b) => ((a % b) + b) % b],
  ["Max", Math.max],
  ["Min", Math.min],
];
