import { attribute } from "../../../graph/index.ts";
import type { Padding } from "../schema/types.ts";
import type { Attributes } from "./emit.ts";
import { refuse } from "./refusal.ts";

/** How a window goes over an input; one number for each spatial axis, in the order of the axes. */
export interface Window {
  readonly padding: Padding;
  /** Lengths of the input, null for those that are open. */
  readonly sizes: readonly (number | null)[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/**
 * The attributes of ONNX for a window. SAME puts as much around the input as gives one result a stride, the odd one at the end
 * (tensorflow/lite/kernels/padding.h, ComputePaddingHeightWidth).
 * @throws Refusal for strides that cannot be
 */
export function windowAttributes(window: Window): Attributes {
  const { padding, sizes, kernel, strides, dilations } = window;
  if ([...strides, ...dilations, ...kernel].some((each) => each < 1))
    throw refuse(
      `its window is ${kernel.join("×")} with strides ${strides.join()} and dilations ${dilations.join()}`,
    );
  const shape: Attributes = {
    ...(strides.some((each) => each !== 1) && { strides: attribute.ints(strides) }),
    ...(dilations.some((each) => each !== 1) && { dilations: attribute.ints(dilations) }),
  };
  if (padding === "VALID") return shape;
  if (sizes.includes(null)) return { ...shape, auto_pad: attribute.string("SAME_UPPER") };
  const totals = sizes.map((size, i) => {
    const [length, step] = [size ?? 0, strides[i] ?? 1];
    const reach = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
    return Math.max(0, (Math.ceil(length / step) - 1) * step + reach - length);
  });
  if (totals.every((each) => each === 0)) return shape;
  const before = totals.map((total) => Math.floor(total / 2));
  const after = totals.map((total, i) => total - (before[i] ?? 0));
  return { ...shape, pads: attribute.ints([...before, ...after]) };
}
