import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { type FlexOptions, flexOptions } from "../convert/custom.ts";
import { lengthsOf, reshape } from "../convert/lengths.ts";
import { custom, type Op } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { product } from "../convert/steps.ts";

type Entry = Value | number;

/** Arithmetic on numbers of rank 1 and length 1, or those that are known. */
function arithmetic(build: Build) {
  const value = (entry: Entry) =>
    typeof entry === "number" ? build.numbersAs("float32", [1], [entry]) : entry;
  const of = (op: string) => (a: Entry, b: Entry) => build.node(op, [value(a), value(b)]);
  return {
    value,
    add: of("Add"),
    sub: of("Sub"),
    mul: of("Mul"),
    div: of("Div"),
    neg: (a: Value) => build.node("Neg", [a]),
    /** A square matrix, row by row. */
    matrix(size: number, entries: readonly Entry[]): Value {
      const flat = build.node("Concat", entries.map(value), { axis: attribute.int(0) });
      return build.node("Reshape", [flat, build.ints([size, size])]);
    },
    product: (...matrices: Value[]) => matrices.reduce((a, b) => build.node("MatMul", [a, b])),
  };
}

/** Landmarks as points [n, 1], x and y of those that the options name. */
function points(build: Build, op: Op, indices: readonly number[]): [Value, Value] {
  const landmarks = build.node("Reshape", [build.real(op.input(0)), build.ints([-1, 3])]);
  const some = build.node("Gather", [landmarks, build.ints(indices)]);
  const column = (at: number) =>
    build.node("Gather", [some, build.scalar(at, "int64")], { axis: attribute.int(1) });
  return [column(0), column(1)];
}

/** Differences of x and y, from the left to the right of the landmarks that tell the rotation. */
function across(build: Build, op: Op, options: FlexOptions): [Value, Value] {
  const side = (name: string) => points(build, op, [options.integer(name, 0, MAX_INDEX)]);
  const [left, right] = [side("left_rotation_idx"), side("right_rotation_idx")];
  return [0, 1].map((i) => build.node("Sub", [right[i] as Value, left[i] as Value])) as [Value, Value];
}

/** A box around landmarks, after a rotation about the origin: its middle, still rotated, and its lengths. */
function boxOf(build: Build, [xs, ys]: readonly [Value, Value], cos: Value, sin: Value) {
  const { add, sub, mul } = arithmetic(build);
  const rotated = [sub(mul(xs, cos), mul(ys, sin)), add(mul(xs, sin), mul(ys, cos))];
  const ends = rotated.map((all) =>
    ["ReduceMin", "ReduceMax"].map((op) => build.node(op, [all, build.ints([0])])),
  );
  const half = build.scalar(0.5);
  const lengths = ends.map(([low, high]) => sub(high as Value, low as Value)) as [Value, Value];
  const [x, y] = ends.map(([low, high]) => mul(add(high as Value, low as Value), half)) as [Value, Value];
  // The middle, rotated back.
  return {
    lengths,
    middle: [add(mul(x, cos), mul(y, sin)), sub(mul(y, cos), mul(x, sin))] as [Value, Value],
  };
}

const MAX_INDEX = 1_000_000;
const MAX_LENGTH = 1_000_000;

/** v1: to coordinates of the input in which the box is -1 to 1, as large as told, and turned by the slope across it. */
function fromSlope(op: Op, build: Build, options: FlexOptions): Value {
  const { sub, mul, div, neg, matrix, product } = arithmetic(build);
  if (options.number("dimensions") !== 3) throw refuse("its landmarks are not of three dimensions");
  const size = (name: string) => {
    const [height = 0, width = 0] = options.indices(name);
    if (height < 1 || width < 1) throw refuse(`its option ${name} is ${height}×${width}`);
    return [width, height] as const;
  };
  const [input, output] = [size("input_hw"), size("output_hw")];
  const range = options.integer("landmarks_range", 1, MAX_LENGTH);
  const [dx, dy] = across(build, op, options);
  const angle = build.node("Atan", [div(dy, dx)]);
  const [cos, sin] = [build.node("Cos", [angle]), build.node("Sin", [angle])];
  // The landmarks are turned by the opposite angle.
  const { lengths, middle } = boxOf(build, points(build, op, options.indices("subset")), cos, neg(sin));
  const scale = options.number("bbox_size_multiplier");
  const [sx, sy] = lengths.map((length) => div(mul(length, scale), range)) as [Value, Value];
  const [tx, ty] = middle.map((at) => sub(mul(div(at, range), 2), 1)) as [Value, Value];
  const half = input.map((length) => (length - 1) / 2) as [number, number];
  const unit = output.map((length) => 2 / (length - 1)) as [number, number];
  const map = product(
    matrix(3, [half[0], 0, half[0], 0, half[1], half[1], 0, 0, 1]),
    matrix(3, [cos, neg(sin), tx, sin, cos, ty, 0, 0, 1]),
    matrix(3, [sx, 0, 0, 0, sy, 0, 0, 0, 1]),
    matrix(3, [unit[0], 0, -1, 0, unit[1], -1, 0, 0, 1]),
  );
  const flat = build.node("Reshape", [map, build.ints([9])]);
  const at = (index: number) => build.node("Gather", [flat, build.ints([index])]);
  return matrix(4, [at(0), at(1), 0, at(2), at(3), at(4), 0, at(5), at(6), at(7), at(8), 0, 0, 0, 0, 1]);
}

/** v2: to coordinates of the landmarks, from those of an output in which the box stands upright. */
function fromDirection(op: Op, build: Build, options: FlexOptions): Value {
  const { add, sub, mul, div, neg, matrix, product } = arithmetic(build);
  const [dx, dy] = across(build, op, options);
  const length = build.node("Sqrt", [add(mul(dx, dx), mul(dy, dy))]);
  // Where both landmarks are one, the angle is that of the x axis.
  const isOne = build.node("Equal", [length, build.scalar(0)]);
  const [ux, uy] = [
    build.node("Where", [isOne, build.scalar(1), div(dx, length)]),
    build.node("Where", [isOne, build.scalar(0), div(dy, length)]),
  ];
  const target = options.number("target_rotation_radians");
  const [tc, ts] = [Math.cos(target), Math.sin(target)];
  const cos = add(mul(ux, tc), mul(uy, ts));
  const sin = sub(mul(ux, ts), mul(uy, tc));
  const { lengths, middle } = boxOf(build, points(build, op, options.indices("subset_idxs")), cos, sin);
  const out = ["output_width", "output_height"].map((name) => options.integer(name, 1, MAX_LENGTH));
  const [sx, sy] = ["scale_x", "scale_y"].map((name, i) =>
    div(mul(lengths[i] as Value, options.number(name)), out[i] as number),
  ) as [Value, Value];
  const [x, y] = middle;
  const shift = out.map((each) => -each / 2) as [number, number];
  return product(
    matrix(4, [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, 0, 0, 0, 0, 1]),
    matrix(4, [cos, sin, 0, 0, neg(sin), cos, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    matrix(4, [sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    matrix(4, [1, 0, 0, shift[0], 0, 1, 0, shift[1], 0, 0, 1, 0, 0, 0, 0, 1]),
  );
}

/** How many numbers a landmark has, and what the shift of its matrix is multiplied by. */
async function landmarkForm(op: Op, build: Build): Promise<{ dimensions: number; scale: number }> {
  if (op.operator.version >= 2) return { dimensions: build.dims(op.input(0))?.at(-1) ?? 0, scale: 1 };
  const options = await flexOptions(op, build);
  return { dimensions: options.number("dimensions", 3), scale: options.number("scale", 1) };
}

/** x and y of landmarks by the upper rows of a matrix; z stays. */
async function transformed(op: Op, build: Build): Promise<Value> {
  const { dimensions, scale } = await landmarkForm(op, build);
  if (dimensions !== 2 && dimensions !== 3) throw refuse(`its landmarks are of ${dimensions} dimensions`);
  if (scale === 0) throw refuse("its option scale is 0");
  const input = op.input(0);
  const pick = (value: Value, indices: readonly number[], axis: number) =>
    build.node("Gather", [value, build.ints(indices)], { axis: attribute.int(axis) });
  const rows = pick(build.node("Reshape", [build.real(op.input(1)), build.ints([4, 4])]), [0, 1], 0);
  const shift = build.node("Reshape", [pick(rows, [3], 1), build.ints([2])]);
  const given = build.node("Reshape", [build.real(input), build.ints([-1, dimensions])]);
  const xy = product(
    build,
    dimensions === 2 ? given : pick(given, [0, 1], 1),
    pick(rows, [0, 1], 1),
    scale === 1 ? shift : build.node("Mul", [shift, build.scalar(scale)]),
  );
  const all =
    dimensions === 2 ? xy : build.node("Concat", [xy, pick(given, [2], 1)], { axis: attribute.int(1) });
  return reshape(build, all, lengthsOf(build, input));
}

/** What turns the region around some landmarks upright: mediapipe/util/tflite/operations/landmarks_to_transform_matrix.cc. */
export const LANDMARKS = [
  custom("Landmarks2TransformMatrix", async (op, build) => {
    const options = await flexOptions(op, build);
    const map = (op.operator.version >= 2 ? fromDirection : fromSlope)(op, build, options);
    build.setReal(op.output(0), build.node("Reshape", [map, build.ints([1, 4, 4])]));
  }),
  // mediapipe/util/tflite/operations/transform_landmarks.cc
  custom("TransformLandmarks", async (op, build) =>
    build.setReal(op.output(0), await transformed(op, build)),
  ),
];
