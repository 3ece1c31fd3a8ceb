import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { constantTensor, permuted, tensorFromNumbers } from "../../../tensor/index.ts";
import type { Build } from "../convert/build.ts";
import { eachPart } from "../convert/complex.ts";
import { axisIn, type Layout, toFirst } from "../convert/layout.ts";
import { type Length, lengthsOf, list, wholeOf } from "../convert/lengths.ts";
import { operator } from "../convert/operator.ts";
import { isComplex } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** Shapes of more lengths are of no tensor; one that a file makes up would take the memory of as many numbers. */
const MAX_RANK = 8;

/** Whether a new shape only divides the axes between the batch and the channels otherwise. */
function keepsChannels(dims: readonly (number | null)[], shape: readonly number[]): boolean {
  if (shape.length < 3 || dims.includes(0) || shape.includes(0) || shape.at(-1) !== dims.at(-1)) return false;
  if (shape[0] === dims[0]) return true;
  // The batch is open, and what is left for it is what it was.
  const product = (lengths: readonly (number | null)[]) =>
    lengths.reduce<number>((all, length) => all * (length ?? Number.NaN), 1);
  return shape[0] === -1 && product(shape.slice(1)) === product(dims.slice(1));
}

/** The axes of length 1 that go; null where the runtime has to look for them. */
function squeezed(build: Build, input: TfliteTensor, given: readonly number[]): number[] | null {
  const dims = build.dims(input);
  if (given.length > 0) return given.map((axis) => axisIn("last", axis, build.rank(input)));
  if (!dims || dims.includes(null)) return null;
  return dims.flatMap((length, axis) => (length === 1 ? [axis] : []));
}

/** The layout in which axes may come or go: any, where they lie between the batch and the channels. */
function layoutBetween(build: Build, input: TfliteTensor, axes: readonly number[]): Layout {
  const last = build.rank(input) - 1;
  return axes.every((axis) => axis > 0 && axis < last) ? build.layoutOf([input]) : "last";
}

/** Operators that move elements as they are stored, whatever scale their result declares. */
export const SHAPES = [
  operator("RESHAPE", async (op, build) => {
    const [input, output, given] = [op.input(0), op.output(0), op.optional(1)];
    const isKnown = !given || build.constantOf(given) !== null || given.shape.includes(0);
    const shape = isKnown ? (given ? await build.numbers(given) : op.options.new_shape) : null;
    if (isComplex(input)) {
      if (!shape) throw refuse("the shape of complex numbers is computed while it runs");
      const along = build.ints(shape);
      return build.setParts(
        output,
        eachPart(build.parts(input), (part) => build.node("Reshape", [part, along])),
      );
    }
    const dims = build.dims(input);
    const layout = build.layoutOf([input]);
    if (layout === "first" && shape && dims && keepsChannels(dims, shape)) {
      const to = { first: toFirst(shape.length).map((axis) => shape[axis] as number), last: shape };
      // What lies behind may want either, and the runtime transposes what a convolution gives at less cost than a view of it.
      return build.setEither(output, input, "first", (layout) =>
        build.node("Reshape", [build.stored(input, layout), build.ints(to[layout])]),
      );
    }
    const to = shape || !given ? build.ints(shape ?? []) : build.cast(build.stored(given), "int64");
    // A length of 0 is what it says, and not that of the input.
    const attributes = shape?.includes(0) ? { allowzero: attribute.int(1) } : {};
    // With one channel, or nothing beside the channels, elements stand in the same order in both layouts.
    const isSame = dims?.at(-1) === 1 || dims?.slice(1, -1).every((length) => length === 1);
    const x = build.stored(input, isSame ? layout : "last");
    build.setStored(output, build.node("Reshape", [x, to], attributes));
  }),
  operator("SQUEEZE", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const { squeeze_dims } = op.options;
    if (isComplex(input)) {
      const rank = build.rank(input);
      const dims = squeeze_dims.map((axis) => axisIn("last", axis, rank));
      const ones = build.dims(input)?.flatMap((length, axis) => (length === 1 ? [axis] : [])) ?? [];
      const along = build.ints(dims.length > 0 ? dims : ones);
      return build.setParts(
        output,
        eachPart(build.parts(input), (part) => build.node("Squeeze", [part, along])),
      );
    }
    const axes = squeezed(build, input, squeeze_dims);
    const layout = axes ? layoutBetween(build, input, axes) : "last";
    const along = axes && build.ints(axes.map((axis) => axisIn(layout, axis, build.rank(input))));
    const y = build.node("Squeeze", [build.stored(input, layout), along]);
    build.setStored(output, y, axes && build.rank(input) - axes.length > 2 ? layout : "last");
  }),
  operator("TRANSPOSE", async (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const rank = build.rank(input);
    const perm = (await build.numbers(op.input(1), "its permutation")).map((axis) =>
      axisIn("last", axis, rank),
    );
    if (perm.length !== rank || new Set(perm).size !== rank)
      throw refuse(`its permutation is ${perm.join()}`);
    const constant = build.constantOf(input);
    if (constant && constant.decode === null) {
      build.setConstant(output, { content: permuted(constant.content, perm), decode: null });
      return;
    }
    // Where each axis of the result stands in the value that there is.
    const from = build.layoutOf([input]);
    const order = perm.map((axis) => axisIn(from, axis, rank));
    const x = build.stored(input, from);
    // What only brings the channels to the other end is the same value in the other layout.
    const isOther = toFirst(rank).every((axis, i) => order[axis] === i);
    if (isOther) build.setStored(output, x, "first");
    else build.setStored(output, build.transpose(x, order));
  }),
  operator("EXPAND_DIMS", async (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    if (!build.constantOf(op.input(1))) {
      const axis = await wholeOf(build, op.input(1), "its axis");
      build.setStored(output, build.node("Unsqueeze", [build.stored(input), axis]));
      return;
    }
    const rank = build.rank(input) + 1;
    const [axis = 0] = await build.numbers(op.input(1), "its axis");
    const at = axisIn("last", axis, rank);
    const layout = at > 0 && at < rank - 1 ? build.layoutOf([input]) : "last";
    const along = build.ints([axisIn(layout, at, rank)]);
    build.setStored(output, build.node("Unsqueeze", [build.stored(input, layout), along]), layout);
  }),
  operator("TILE", async (op, build) => {
    const times = await wholeOf(build, op.input(1), "its list of multiples");
    build.setStored(op.output(0), build.node("Tile", [build.stored(op.input(0)), times]));
  }),
  operator("BROADCAST_TO", async (op, build) => {
    const shape = await wholeOf(build, op.input(1), "its shape");
    build.setStored(op.output(0), build.node("Expand", [build.stored(op.input(0)), shape]));
  }),
  // The shape to which two shapes broadcast: where one has a 1, the other's length.
  operator("BROADCAST_ARGS", async (op, build) => {
    const [output, ...inputs] = [op.output(0), op.input(0), op.input(1)];
    const counts = inputs.map((input) => input.shape[0] ?? 0);
    const [a, b] = (await Promise.all(
      inputs.map(async (input, i) => {
        const missing = Math.max(...counts) - (counts[i] ?? 0);
        const own = await wholeOf(build, input, "one of its shapes");
        if (missing === 0) return own;
        if (missing > MAX_RANK) throw refuse(`one of its shapes has ${Math.max(...counts)} lengths`);
        const ones = build.ints(new Array(missing).fill(1));
        return build.node("Concat", [ones, own], { axis: attribute.int(0) });
      }),
    )) as [Value, Value];
    const joined = build.node("Where", [build.node("Equal", [a, build.ints([1])]), b, a]);
    build.setStored(output, build.dtype(output) === "int64" ? joined : build.cast(joined, "int32"));
  }),
  // The lengths that are known make a constant, on which other operators can rely.
  operator("SHAPE", (op, build) => {
    const dtype = op.options.out_type === "INT64" ? "int64" : "int32";
    const input = op.input(0);
    const layout = build.layoutOf([input]);
    const found = lengthsOf(build, input, layout);
    const lengths = found.map((_, axis) => found[axisIn(layout, axis, found.length)] as Length);
    const known = lengths.filter((length) => typeof length === "number");
    if (known.length < lengths.length) {
      const shape = list(build, lengths);
      return build.setStored(op.output(0), dtype === "int64" ? shape : build.cast(shape, dtype));
    }
    const content = constantTensor(tensorFromNumbers(dtype, [known.length], known), "shape");
    build.setConstant(op.output(0), { content, decode: null });
  }),
];
