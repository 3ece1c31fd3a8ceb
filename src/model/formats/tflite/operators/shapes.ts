import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { constantTensor, tensorFromNumbers } from "../../../tensor/index.ts";
import { axisIn } from "../convert/layout.ts";
import { lengthsOf, list, wholeOf } from "../convert/lengths.ts";
import { operator } from "../convert/operator.ts";
import { isComplex } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";

/** Operators that move elements as they are stored, whatever scale their result declares. */
export const SHAPES = [
  operator("RESHAPE", async (op, build) => {
    const [input, output, given] = [op.input(0), op.output(0), op.optional(1)];
    const isKnown = !given || build.constantOf(given) !== null || given.shape.includes(0);
    const shape = isKnown ? (given ? await build.numbers(given) : op.options.new_shape) : null;
    if (isComplex(input)) {
      if (!shape) throw refuse("the shape of complex numbers is computed while it runs");
      return build.setPairs(output, build.node("Reshape", [build.pairs(input), build.ints([...shape, 2])]));
    }
    const to = shape || !given ? build.ints(shape ?? []) : build.cast(build.stored(given), "int64");
    // A length of 0 is what it says, and not that of the input.
    const attributes = shape?.includes(0) ? { allowzero: attribute.int(1) } : {};
    build.setStored(output, build.node("Reshape", [build.stored(input), to], attributes));
  }),
  operator("SQUEEZE", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const { squeeze_dims } = op.options;
    if (isComplex(input)) {
      const rank = build.rank(input);
      const dims = squeeze_dims.map((axis) => axisIn("last", axis, rank));
      const ones = build.dims(input)?.flatMap((length, axis) => (length === 1 ? [axis] : [])) ?? [];
      const along = build.ints(dims.length > 0 ? dims : ones);
      return build.setPairs(output, build.node("Squeeze", [build.pairs(input), along]));
    }
    const axes = squeeze_dims.length > 0 ? build.ints(squeeze_dims) : null;
    build.setStored(output, build.node("Squeeze", [build.stored(input), axes]));
  }),
  operator("TRANSPOSE", async (op, build) => {
    const perm = await build.numbers(op.input(1), "its permutation");
    const moved = build.node("Transpose", [build.stored(op.input(0))], { perm: attribute.ints(perm) });
    build.setStored(op.output(0), moved);
  }),
  operator("EXPAND_DIMS", async (op, build) => {
    const axis = await wholeOf(build, op.input(1), "its axis");
    build.setStored(op.output(0), build.node("Unsqueeze", [build.stored(op.input(0)), axis]));
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
    const lengths = lengthsOf(build, op.input(0));
    const known = lengths.filter((length) => typeof length === "number");
    if (known.length < lengths.length) {
      const shape = list(build, lengths);
      return build.setStored(op.output(0), dtype === "int64" ? shape : build.cast(shape, dtype));
    }
    const content = constantTensor(tensorFromNumbers(dtype, [known.length], known), "shape");
    build.setConstant(op.output(0), { content, decode: null });
  }),
];
