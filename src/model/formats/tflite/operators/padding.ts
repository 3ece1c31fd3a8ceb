import type { Value } from "../../../graph/graph.ts";
import type { Build } from "../convert/build.ts";
import { toFirst } from "../convert/layout.ts";
import { type Op, operator } from "../convert/operator.ts";
import { isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** Types that ONNX Runtime's Pad takes as they are stored; others are padded as real numbers. */
const STORED = new Set(["UINT8", "INT8"]);

/** Pads a tensor, as [axes, 2] of lengths before and after say, with its zero or a given value. */
async function pad(op: Op, build: Build, value: TfliteTensor | null): Promise<void> {
  const [input, paddings, output] = [op.input(0), op.input(1), op.output(0)];
  const rank = build.rank(input);
  const isStored = isQuantized(input) && STORED.has(input.type);
  const by: Value = value
    ? isStored
      ? build.stored(value)
      : build.real(value)
    : build.scalar(
        isStored && isQuantized(output) ? (output.quantization.zeroPoint[0] ?? 0) : 0,
        isStored || !isQuantized(input) ? build.dtype(input) : "float32",
      );
  const layout = build.constantOf(paddings) ? build.layoutOf([input]) : "last";
  let pads: Value;
  if (build.constantOf(paddings)) {
    const lengths = await build.numbers(paddings, "its paddings");
    if (lengths.length !== 2 * rank) throw refuse(`it pads ${lengths.length / 2} of ${rank} axes`);
    const axes = layout === "last" ? lengths.slice(0, rank).map((_, i) => i) : toFirst(rank);
    pads = build.ints([0, 1].flatMap((side) => axes.map((axis) => lengths[2 * axis + side] ?? 0)));
  } else {
    const pairs = build.transpose(build.cast(build.stored(paddings), "int64"), [1, 0]);
    pads = build.node("Reshape", [pairs, build.ints([-1])]);
  }
  const x = isStored ? build.stored(input, layout) : build.real(input, layout);
  const y = build.node("Pad", [x, pads, by]);
  if (isStored) build.setStored(output, y, layout);
  else build.setReal(output, y, layout);
}

export const PADDING = [
  operator("PAD", (op, build) => pad(op, build, null)),
  operator("PADV2", (op, build) => pad(op, build, op.input(2))),
];
