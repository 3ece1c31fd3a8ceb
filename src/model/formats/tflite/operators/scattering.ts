import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import {
  entriesOf,
  type Length,
  lengthsOf,
  list,
  reshape,
  scaled,
  sum,
  wholeOf,
} from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** Indices as int64, in the shape that they have. */
function indicesOf(build: Build, tensor: TfliteTensor): Value {
  const stored = build.stored(tensor);
  return tensor.type === "INT64" ? stored : build.cast(stored, "int64");
}

/** Values at positions of a tensor of zeros; at the same position they add up. */
async function scatterNd(op: Op, build: Build): Promise<void> {
  const [indices, updates, output] = [op.input(0), op.input(1), op.output(0)];
  const dtype = build.dtype(updates);
  // Logical values add up to whether any is true.
  const isLogical = dtype === "bool";
  const held = isLogical ? "int32" : dtype;
  const zeros = build.node("Expand", [
    build.scalar(0, held),
    await wholeOf(build, op.input(2), "the shape of its output"),
  ]);
  const values = isLogical ? build.cast(build.stored(updates), held) : build.stored(updates);
  const y = build.node("ScatterND", [zeros, indicesOf(build, indices), values], {
    reduction: attribute.string("add"),
  });
  build.setStored(output, isLogical ? build.cast(y, dtype) : y);
}

/** Values at positions of a tensor of one other value; the positions are a number, a list, or a list of lists. */
async function sparseToDense(op: Op, build: Build): Promise<void> {
  const [indices, values, other] = [op.input(0), op.input(2), op.input(3)];
  const shape = await wholeOf(build, op.input(1), "the shape of its output");
  const rank = build.rank(indices);
  if (rank > 2) throw refuse(`its positions have ${rank} axes`);
  const all = build.node("Expand", [build.stored(other), shape]);
  const lengths = lengthsOf(build, indices);
  const count = rank === 0 ? 1 : (lengths[0] as Length);
  const at = rank === 2 ? indicesOf(build, indices) : reshape(build, indicesOf(build, indices), [count, 1]);
  const each = build.node("Expand", [build.stored(values), list(build, [count])]);
  build.setStored(op.output(0), build.node("ScatterND", [all, at, each]));
}

/** Puts a smaller tensor into a larger one, whole axes first, where none needs to be cut. */
async function dynamicUpdateSlice(op: Op, build: Build): Promise<void> {
  const [operand, update] = [op.input(0), op.input(1)];
  const starts = await entriesOf(build, op.input(2), "its list of begins");
  const [whole, part] = [lengthsOf(build, operand), lengthsOf(build, update)];
  if (starts.length !== whole.length || part.length !== whole.length)
    throw refuse(`it puts ${part.length} axes at ${starts.length} places of ${whole.length}`);
  const cut = whole.flatMap((length, axis) =>
    length === part[axis] && typeof length === "number" ? [] : [axis],
  );
  const place = (target: Value, at: number): Value => {
    const axis = cut[at];
    if (axis === undefined) return build.stored(update);
    const length = part[axis] as Length;
    // A begin is moved so that all of the update fits.
    const begin = clamped(build, starts[axis] as Length, whole[axis] as Length, length);
    const end = sum(build, begin, length);
    const slice = (from: Length, to: Length) =>
      build.node("Slice", [target, list(build, [from]), list(build, [to]), build.ints([axis])]);
    const middle = place(slice(begin, end), at + 1);
    const parts = [slice(0, begin), middle, slice(end, Number.MAX_SAFE_INTEGER)];
    return build.node("Concat", parts, { axis: attribute.int(axis) });
  };
  build.setStored(op.output(0), place(build.stored(operand), 0));
}

function clamped(build: Build, start: Length, whole: Length, part: Length): Length {
  if (typeof start === "number" && typeof whole === "number" && typeof part === "number")
    return Math.max(0, Math.min(start, whole - part));
  const minus: Length = typeof part === "number" ? -part : { value: () => build.node("Neg", [part.value()]) };
  const last = sum(build, whole, minus);
  return {
    value: () =>
      build.node("Max", [build.node("Min", [list(build, [start]), list(build, [last])]), build.ints([0])]),
  };
}

/** Puts so many less one of a value between the elements of each axis. */
async function dilate(op: Op, build: Build): Promise<void> {
  const [input, filler] = [op.input(0), op.input(2)];
  const steps = await build.numbers(op.input(1), "its list of dilations");
  const lengths = lengthsOf(build, input);
  if (steps.length !== lengths.length || steps.some((step) => step < 1))
    throw refuse(`it dilates ${lengths.length} axes by ${steps.join()}`);
  let y = build.stored(input);
  for (const [axis, step] of steps.entries()) {
    const length = lengths[axis] as Length;
    if (step === 1) continue;
    const [before, behind] = [lengths.slice(0, axis), lengths.slice(axis + 1)];
    const between = build.node("Expand", [
      build.stored(filler),
      list(build, [...before, length, step - 1, ...behind]),
    ]);
    const columns = build.node("Unsqueeze", [y, build.ints([axis + 1])]);
    const mixed = build.node("Concat", [columns, between], { axis: attribute.int(axis + 1) });
    const long = reshape(build, mixed, [...before, scaled(build, length, step), ...behind]);
    // Nothing follows the last element.
    const [start, end] = [build.ints([0]), build.ints([1 - step])];
    y = build.node("Slice", [long, start, end, build.ints([axis])]);
    lengths[axis] = scaled(build, length, step, 1, 1 - step);
  }
  build.setStored(op.output(0), y);
}

/** Operators that put elements, as they are stored, at places of a larger tensor. */
export const SCATTERING = [
  operator("SCATTER_ND", scatterNd),
  operator("SPARSE_TO_DENSE", sparseToDense),
  operator("DYNAMIC_UPDATE_SLICE", dynamicUpdateSlice),
  operator("DILATE", dilate),
];
