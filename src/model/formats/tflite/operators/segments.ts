import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Build } from "../convert/build.ts";
import { type Length, lengthsOf, list, wholeOf } from "../convert/lengths.ts";
import { type Op, type OperatorRow, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** What becomes of the values of a segment, and what an empty one holds. */
const REDUCTIONS = {
  add: { float32: 0, int32: 0, int64: 0 },
  mul: { float32: 1, int32: 1, int64: 1 },
  max: { float32: -3.4028234663852886e38, int32: -(2 ** 31), int64: -(2n ** 63n) },
  min: { float32: 3.4028234663852886e38, int32: 2 ** 31 - 1, int64: 2n ** 63n - 1n },
} as const;

type Reduction = keyof typeof REDUCTIONS;

function emptyOf(build: Build, dtype: DType, reduction: Reduction): Value {
  const empty = new Map<DType, number | bigint>(
    Object.entries(REDUCTIONS[reduction]) as [DType, number | bigint][],
  );
  const value = empty.get(dtype);
  if (value === undefined) throw refuse(`its numbers are ${dtype}`);
  return build.numbersAs(dtype, [], [value]);
}

/** Joins values to so many segments: each goes to that of its number. */
function join(
  build: Build,
  data: TfliteTensor,
  ids: { readonly value: Value; readonly rank: number },
  segments: Length,
  reduction: Reduction,
): Value {
  const shape = list(build, [segments, ...lengthsOf(build, data).slice(ids.rank)]);
  const empty = build.node("Expand", [emptyOf(build, build.dtype(data), reduction), shape]);
  const places = build.node("Unsqueeze", [ids.value, build.ints([-1])]);
  return build.node("ScatterND", [empty, places, build.stored(data)], {
    reduction: attribute.string(reduction),
  });
}

/** Segments by number, in any order. Values of a negative one are left out: they go to one behind the last, which is cut off. */
async function unsorted(op: Op, build: Build, reduction: Reduction): Promise<void> {
  const [data, ids, output] = [op.input(0), op.input(1), op.output(0)];
  const count = await wholeOf(build, op.input(2), "its number of segments");
  const whole = build.cast(build.stored(ids), "int64");
  const isOut = build.node("Less", [whole, build.scalar(0, "int64")]);
  const value = build.node("Where", [isOut, count, whole]);
  const more = { value: () => build.node("Add", [count, build.ints([1])]) };
  const all = join(build, data, { value, rank: build.rank(ids) }, more, reduction);
  build.setStored(output, build.node("Slice", [all, build.ints([0]), count, build.ints([0])]));
}

function unsortedRow(name: string, reduction: Reduction): OperatorRow {
  return operator(name, (op, build) => unsorted(op, build, reduction));
}

export const SEGMENTS = [
  // Numbers of segments rise, so that the last one tells how many there are.
  operator("SEGMENT_SUM", async (op, build) => {
    const [data, ids, output] = [op.input(0), op.input(1), op.output(0)];
    const whole = await wholeOf(build, ids, "its list of segments");
    const last = build.node("Slice", [whole, build.ints([-1]), build.ints([2 ** 31 - 1])]);
    const count = { value: () => build.node("Add", [last, build.ints([1])]) };
    build.setStored(output, join(build, data, { value: whole, rank: 1 }, count, "add"));
  }),
  unsortedRow("UNSORTED_SEGMENT_SUM", "add"),
  unsortedRow("UNSORTED_SEGMENT_PROD", "mul"),
  unsortedRow("UNSORTED_SEGMENT_MAX", "max"),
  unsortedRow("UNSORTED_SEGMENT_MIN", "min"),
];
