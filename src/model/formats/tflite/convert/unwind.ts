import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Padding } from "../schema/types.ts";
import type { Build } from "./build.ts";
import type { Attributes } from "./emit.ts";
import { type Length, list, sum } from "./lengths.ts";
import { refuse } from "./refusal.ts";

/** How a window spreads an input over a larger output; one number for each spatial axis, in the order of the axes. */
export interface Unwinding {
  readonly padding: Padding;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Lengths of the input, null for those that are open. */
  readonly from: readonly (number | null)[];
  /** Lengths of the output, which a convolution with this window would bring to the input. */
  readonly to: readonly Length[];
}

/**
 * The output is as long as is told, and what a convolution of it would pad is left out at its begin
 * (tensorflow/lite/kernels/transpose_conv.cc). Where lengths are open, all of it is worked out and then cut.
 * @param compute ConvTranspose with these attributes, channels first
 */
export function unwind(build: Build, by: Unwinding, compute: (attributes: Attributes) => Value): Value {
  const { padding, kernel, strides, dilations, from, to } = by;
  if ([...kernel, ...strides, ...dilations].some((each) => each < 1))
    throw refuse(`its window is ${kernel.join("×")} with strides ${strides.join()}`);
  const shape = { strides: attribute.ints(strides), dilations: attribute.ints(dilations) };
  const axes = kernel.map((length, i) => {
    const step = strides[i] as number;
    const reach = (length - 1) * (dilations[i] as number) + 1;
    return { step, reach, from: from[i] ?? null, to: to[i] as Length };
  });
  const isKnown = axes.every((axis) => axis.from !== null && typeof axis.to === "number");
  if (!isKnown) {
    const extra = axes.map(({ step, reach }) => Math.max(0, step - reach));
    const all = compute({ ...shape, output_padding: attribute.ints(extra) });
    const starts = axes.map(({ step, reach, to }) => begin(build, padding, step, reach, to));
    const ends = axes.map(({ to }, i) => sum(build, starts[i] as Length, to));
    const along = build.ints(axes.map((_, i) => i + 2));
    return build.node("Slice", [all, list(build, starts), list(build, ends), along]);
  }
  const before: number[] = [];
  const after: number[] = [];
  const more: number[] = [];
  for (const { step, reach, from, to } of axes) {
    const start = begin(build, padding, step, reach, to) as number;
    const rest = ((from as number) - 1) * step + reach - start - (to as number);
    if (-rest >= step) throw refuse(`its output of ${to} is longer than what reaches it`);
    before.push(start);
    after.push(Math.max(0, rest));
    more.push(Math.max(0, -rest));
  }
  return compute({
    ...shape,
    pads: attribute.ints([...before, ...after]),
    ...(more.some((each) => each > 0) && { output_padding: attribute.ints(more) }),
  });
}

/** How much of the output's begin a convolution of it would pad: half of all, rounded down. */
function begin(build: Build, padding: Padding, step: number, reach: number, to: Length): Length {
  if (padding === "VALID") return 0;
  if (typeof to === "number")
    return Math.floor(Math.max(0, (Math.ceil(to / step) - 1) * step + reach - to) / 2);
  return {
    value: () => {
      const whole = (number: number) => build.ints([number]);
      const length = to.value();
      const steps = build.node("Div", [build.node("Add", [length, whole(step - 1)]), whole(step)]);
      const covered = build.node("Add", [build.node("Mul", [steps, whole(step)]), whole(reach - step)]);
      const total = build.node("Max", [build.node("Sub", [covered, length]), whole(0)]);
      return build.node("Div", [total, whole(2)]);
    },
  };
}
