import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { axisIn } from "../convert/layout.ts";
import { entriesOf, type Length, list, sum, unless } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** What stands for the end of an axis of any length. */
const END = Number.MAX_SAFE_INTEGER;

/** An entry of the lists of a strided slice, and the axis that it cuts. */
interface Cut {
  readonly at: number;
  readonly axis: number;
}

/**
 * Which entry cuts which axis: an ellipsis stands for as many axes as are left, a new axis for none
 * (tensorflow/lite/kernels/strided_slice.cc, BuildStridedSliceParams).
 */
function cutsOf(options: Op<"STRIDED_SLICE">["options"], entries: number, rank: number) {
  const { ellipsis_mask, new_axis_mask, shrink_axis_mask } = options;
  const indices = Array.from({ length: entries }, (_, at) => at);
  const ellipsis = indices.findIndex((at) => isSet(ellipsis_mask, at));
  const isNew = (at: number) => at !== ellipsis && isSet(new_axis_mask, at);
  const taken = indices.filter((at) => at !== ellipsis && !isNew(at)).length;
  if (taken > rank) throw refuse(`it slices ${taken} axes of ${rank}`);
  const cuts: Cut[] = [];
  /** Axes of the input that go, and those of the result that are new. */
  const dropped: number[] = [];
  const added: number[] = [];
  let axis = 0;
  for (const at of indices) {
    if (at === ellipsis) axis += rank - taken;
    else if (isNew(at)) added.push(axis - dropped.length + added.length);
    else {
      if (isSet(shrink_axis_mask, at)) dropped.push(axis);
      cuts.push({ at, axis: axis++ });
    }
  }
  return { cuts, dropped, added };
}

function isSet(mask: number, at: number): boolean {
  return at < 32 && (mask & (1 << at)) !== 0;
}

async function stridedSlice(op: Op<"STRIDED_SLICE">, build: Build): Promise<void> {
  const { begin_mask, end_mask, offset } = op.options;
  const input = op.input(0);
  const rank = build.rank(input);
  const [begins, ends] = [
    await entriesOf(build, op.input(1), "its list of begins"),
    await entriesOf(build, op.input(2), "its list of ends"),
  ];
  const strides = await build.numbers(op.input(3), "its list of strides");
  if (begins.length !== strides.length || ends.length !== strides.length || strides.includes(0))
    throw refuse(`its strides are ${strides.join()} from ${begins.length} to ${ends.length} places`);
  const { cuts, dropped, added } = cutsOf(op.options, strides.length, rank);

  const starts: Length[] = [];
  const stops: Length[] = [];
  const steps: number[] = [];
  for (const { at, axis } of cuts) {
    const step = strides[at] as number;
    const begin = isSet(begin_mask, at) ? (step > 0 ? 0 : END) : (begins[at] as Length);
    const end = ends[at] as Length;
    starts.push(begin);
    if (dropped.includes(axis)) {
      // The last element ends where the axis does: -1 + 1 would be its begin.
      stops.push(unless(build, begin, -1, END, sum(build, begin, 1)));
      steps.push(1);
    } else {
      stops.push(isSet(end_mask, at) ? (step > 0 ? END : -END) : offset ? sum(build, begin, end) : end);
      steps.push(step);
    }
  }
  const layout = dropped.length + added.length > 0 ? "last" : build.layoutOf([input]);
  const axes = build.ints(cuts.map(({ axis }) => axisIn(layout, axis, rank)));
  let y = build.stored(input, layout);
  if (cuts.length > 0)
    y = build.node("Slice", [y, list(build, starts), list(build, stops), axes, build.ints(steps)]);
  if (dropped.length > 0) y = build.node("Squeeze", [y, build.ints(dropped)]);
  if (added.length > 0) y = build.node("Unsqueeze", [y, build.ints(added)]);
  build.setStored(op.output(0), y, layout);
}

async function slice(op: Op<"SLICE">, build: Build): Promise<void> {
  const input = op.input(0);
  const begins = await entriesOf(build, op.input(1), "its list of begins");
  const sizes = await entriesOf(build, op.input(2), "its list of sizes");
  const rank = build.rank(input);
  if (begins.length !== rank || sizes.length !== rank)
    throw refuse(`it slices ${begins.length} and ${sizes.length} axes of ${rank}`);
  const ends = sizes.map((size, i) => unless(build, size, -1, END, sum(build, begins[i] as Length, size)));
  const layout = build.layoutOf([input]);
  const axes = build.ints(begins.map((_, axis) => axisIn(layout, axis, rank)));
  const y = build.node("Slice", [build.stored(input, layout), list(build, begins), list(build, ends), axes]);
  build.setStored(op.output(0), y, layout);
}

/** Parts along an axis, of equal lengths where none are given. */
async function split(op: Op, build: Build, x: TfliteTensor, along: TfliteTensor, sizes: Value | null) {
  const [axis = 0] = await build.numbers(along, "its axis");
  const layout = build.layoutOf([x]);
  const count = op.outputs.length;
  const parts = build.nodes("Split", [build.stored(x, layout), sizes], count, {
    axis: attribute.int(axisIn(layout, axis, build.rank(x))),
    ...(!sizes && { num_outputs: attribute.int(count) }),
  });
  for (const [i, part] of parts.entries()) build.setStored(op.output(i), part, layout);
}

/** Lengths of which one may be -1, for what is left. */
async function sizesOf(op: Op<"SPLIT_V">, build: Build): Promise<Value> {
  const sizes = await build.numbers(op.input(1), "its list of sizes");
  const left = sizes.indexOf(-1);
  if (left >= 0) {
    const [axis = 0] = await build.numbers(op.input(2), "its axis");
    const length = build.dims(op.input(0))?.at(axis) ?? null;
    if (length === null) throw refuse("what is left of its sizes depends on a length that is open");
    sizes[left] = length - 1 - sizes.reduce((total, size) => total + size, 0);
  }
  return build.ints(sizes);
}

/** Operators that cut tensors as they are stored. */
export const SLICING = [
  operator("STRIDED_SLICE", stridedSlice),
  operator("SLICE", slice),
  operator("SPLIT", (op, build) => split(op, build, op.input(1), op.input(0), null)),
  operator("SPLIT_V", async (op, build) =>
    split(op, build, op.input(0), op.input(2), await sizesOf(op, build)),
  ),
  operator("UNPACK", (op, build) => {
    const input = op.input(0);
    const axis = attribute.int(axisIn("last", op.options.axis, build.rank(input)));
    const count = op.outputs.length;
    const parts =
      count === 1
        ? [build.stored(input)]
        : build.nodes("Split", [build.stored(input)], count, { axis, num_outputs: attribute.int(count) });
    for (const [i, part] of parts.entries())
      build.setStored(op.output(i), build.node("Squeeze", [part, build.ints([op.options.axis])]));
  }),
];
