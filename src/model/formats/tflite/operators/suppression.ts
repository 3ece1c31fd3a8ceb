import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { wholeOf } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { below } from "../convert/suppression.ts";
import type { TfliteTensor } from "../file/model.ts";

/** A threshold of one number: [1]. */
function threshold(build: Build, tensor: TfliteTensor): Value {
  return build.node("Reshape", [build.real(tensor), build.ints([1])]);
}

/** The next smaller one: TFLite suppresses what reaches the threshold, the runtime what is above it. */
async function justBelow(build: Build, tensor: TfliteTensor): Promise<Value> {
  if (!build.constantOf(tensor))
    // Half a unit in the last place of a number is at most so much of it, and a whole one at least.
    return build.node("Mul", [threshold(build, tensor), build.scalar(1 - 2 ** -24)]);
  const [number = 0] = await build.numbers(tensor, "its threshold of overlaps");
  if (number <= 0) throw refuse(`its threshold of overlaps is ${number}`);
  return build.numbersAs("float32", [1], [below(number)]);
}

/** Boxes that stay beside better ones, in the order of their scores; the outputs are as long as the most that may stay. */
async function suppress(op: Op, build: Build): Promise<void> {
  const isSoft = op.name === "NON_MAX_SUPPRESSION_V5";
  if (isSoft) {
    const [sigma = 0] = await build.numbers(op.input(5), "its sigma");
    if (sigma > 0) throw refuse("it lowers scores by overlaps, where ONNX can only leave boxes out");
  }
  const most = await wholeOf(build, op.input(2), "its count");
  const scores = build.real(op.input(1));
  const rows = build.node("NonMaxSuppression", [
    build.node("Unsqueeze", [build.real(op.input(0)), build.ints([0])]),
    build.node("Unsqueeze", [scores, build.ints([0, 1])]),
    most,
    await justBelow(build, op.input(3)),
    threshold(build, op.input(4)),
  ]);
  const at = build.node("Gather", [rows, build.scalar(2, "int64")], { axis: attribute.int(1) });
  const filled = (value: Value, zero: Value) => {
    const long = build.node("Concat", [value, build.node("Expand", [zero, most])], {
      axis: attribute.int(0),
    });
    return build.node("Slice", [long, build.ints([0]), most]);
  };
  const indices = filled(at, build.scalar(0, "int64"));
  build.setStored(op.output(0), build.cast(indices, build.dtype(op.output(0))));
  if (isSoft) build.setReal(op.output(1), filled(build.node("Gather", [scores, at]), build.scalar(0)));
  const count = op.output(isSoft ? 2 : 1);
  const total = build.node("Squeeze", [build.node("Shape", [at]), build.ints([0])]);
  build.setStored(count, build.cast(total, build.dtype(count)));
}

export const SUPPRESSION = [
  operator("NON_MAX_SUPPRESSION_V4", suppress),
  operator("NON_MAX_SUPPRESSION_V5", suppress),
];
