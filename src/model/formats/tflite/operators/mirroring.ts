import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { axisIn } from "../convert/layout.ts";
import { wholeOf } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";

/** Before the first element, for a slice that goes backwards. */
const BEFORE = -Number.MAX_SAFE_INTEGER;

/** What lies at an edge is repeated backwards: with the edge itself, or without (REFLECT). */
async function mirrorPad(op: Op<"MIRROR_PAD">, build: Build): Promise<void> {
  const input = op.input(0);
  const rank = build.rank(input);
  const pads = await build.numbers(op.input(1), "its paddings");
  if (pads.length !== 2 * rank || pads.some((each) => each < 0))
    throw refuse(`it pads ${rank} axes by ${pads.join()}`);
  const skip = op.options.mode === "REFLECT" ? 1 : 0;
  const layout = build.layoutOf([input]);
  let y = build.stored(input, layout);
  for (let axis = 0; axis < rank; axis++) {
    const [before = 0, after = 0] = pads.slice(2 * axis, 2 * axis + 2);
    const at = axisIn(layout, axis, rank);
    const length = build.dims(input)?.[axis] ?? null;
    if (length !== null && Math.max(before, after) > length - skip)
      throw refuse(`it mirrors ${Math.max(before, after)} elements of ${length}`);
    const cut = (start: number, end: number) =>
      build.node("Slice", [y, build.ints([start]), build.ints([end]), build.ints([at]), build.ints([-1])]);
    const parts = [y];
    if (before > 0) parts.unshift(cut(before - 1 + skip, skip === 1 ? 0 : BEFORE));
    if (after > 0) parts.push(cut(-1 - skip, -1 - skip - after));
    if (parts.length > 1) y = build.node("Concat", parts, { axis: attribute.int(at) });
  }
  build.setStored(op.output(0), y, layout);
}

/** The first elements along an axis backwards, as many as each row tells. */
async function reverseSequence(op: Op<"REVERSE_SEQUENCE">, build: Build): Promise<void> {
  const input = op.input(0);
  const rank = build.rank(input);
  const [time, batch] = [op.options.seq_dim, op.options.batch_dim].map((axis) => axisIn("last", axis, rank));
  if (time === undefined || batch === undefined || time === batch)
    throw refuse(`it reverses axis ${op.options.seq_dim} by axis ${op.options.batch_dim}`);
  const lengths = await wholeOf(build, op.input(1), "its list of lengths");
  // ONNX knows only the first two axes.
  const isFirst = time < 2 && batch < 2;
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => axis !== time && axis !== batch,
  );
  const perm = isFirst ? null : [batch, time, ...rest];
  const x = build.stored(input);
  const y = build.node("ReverseSequence", [perm ? build.transpose(x, perm) : x, lengths], {
    time_axis: attribute.int(perm ? 1 : time),
    batch_axis: attribute.int(perm ? 0 : batch),
  });
  const back = perm?.map((_, axis) => perm.indexOf(axis));
  build.setStored(op.output(0), back ? build.transpose(y, back) : y);
}

/** Operators that put elements as they are stored into the opposite order. */
export const MIRRORING = [
  operator("MIRROR_PAD", mirrorPad),
  operator("REVERSE_V2", async (op, build) => {
    const input = op.input(0);
    const rank = build.rank(input);
    const axes = (await build.numbers(op.input(1), "its list of axes")).map((axis) =>
      axisIn("last", axis, rank),
    );
    const layout = build.layoutOf([input]);
    const all = (number: number) => build.ints(axes.map(() => number));
    const along = build.ints(axes.map((axis) => axisIn(layout, axis, rank)));
    const y = build.node("Slice", [build.stored(input, layout), all(-1), all(BEFORE), along, all(-1)]);
    build.setStored(op.output(0), y, layout);
  }),
  operator("REVERSE_SEQUENCE", reverseSequence),
];
