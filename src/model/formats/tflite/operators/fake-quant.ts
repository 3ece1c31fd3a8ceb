import { operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";
import { refuse } from "../convert/refusal.ts";

/** A range of real numbers and how far its steps are apart, moved so that 0 is one of the steps. */
interface Steps {
  readonly low: number;
  readonly high: number;
  readonly scale: number;
}

/** tensorflow/lite/kernels/internal/quantization_util.cc, NudgeQuantizationRange, in 32 bits as there. */
function nudged(min: number, max: number, first: number, last: number): Steps {
  const { fround } = Math;
  const scale = fround(fround(max - min) / (last - first));
  const zero = fround(first - fround(min / scale));
  const nearest = Math.min(last, Math.max(first, Math.floor(zero + 0.5)));
  return { low: fround((first - nearest) * scale), high: fround((last - nearest) * scale), scale };
}

export const FAKE_QUANT = [
  // What quantisation would make of a number, as training sees it.
  operator("FAKE_QUANT", (op, build) => {
    const { min, max, num_bits, narrow_range } = op.options;
    if (!(num_bits >= 2 && num_bits <= 16) || !(min < max))
      throw refuse(`it has ${num_bits} bits from ${min} to ${max}`);
    const { low, high, scale } = nudged(min, max, narrow_range ? 1 : 0, 2 ** num_bits - 1);
    const number = (value: number) => build.scalar(value);
    pointwise(op, build, (x) => {
      const clipped = build.node("Clip", [x, number(low), number(high)]);
      const steps = build.node("Mul", [
        build.node("Sub", [clipped, number(low)]),
        number(Math.fround(1 / scale)),
      ]);
      // Never negative here, so that a half goes up as it goes away from zero.
      const whole = build.node("Floor", [build.node("Add", [steps, number(0.5)])]);
      return build.node("Add", [build.node("Mul", [whole, number(scale)]), number(low)]);
    });
  }),
];
