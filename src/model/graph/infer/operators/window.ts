import { add, ceilDivide, floorDivide, isAtLeast, type Maybe, multiply, subtract } from "../extent/index.ts";
import { type Application, intAttribute, intsAttribute, stringAttribute } from "../rule.ts";

/** A window that slides over the spatial axes of a tensor (ONNX, "Conv" and "MaxPool"). */
export interface Window {
  /** Lengths on each spatial axis. */
  readonly kernel: readonly Maybe[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before and behind each axis; null where the output decides the padding (SAME_UPPER, SAME_LOWER). */
  readonly pads: { readonly head: readonly number[]; readonly tail: readonly number[] } | null;
}

/**
 * The window that a node's attributes describe.
 * @param rank spatial axes
 * @param kernel lengths of the kernel where the attribute kernel_shape does not say them
 * @returns null where attributes do not fit the rank, which is reported
 */
export function windowOf(
  at: Application,
  rank: number,
  kernel: readonly Maybe[] | null = null,
): Window | null {
  const declared = intsAttribute(at, "kernel_shape") ?? kernel;
  const strides = listOf(at, "strides", rank, 1);
  const dilations = listOf(at, "dilations", rank, 1);
  const pads = padsOf(at, rank);
  if (!declared || !strides || !dilations || pads === undefined) return null;
  if (declared.length !== rank) {
    at.conflict(`a kernel of ${declared.length} axes over ${rank}`);
    return null;
  }
  return { kernel: declared, strides, dilations, pads };
}

function listOf(at: Application, name: string, length: number, each: number): readonly number[] | null {
  const found = intsAttribute(at, name);
  if (!found || found.length === 0) return new Array<number>(length).fill(each);
  if (found.length === length) return found;
  at.conflict(`${found.length} ${name} for ${length} axes`);
  return null;
}

/** undefined where they do not fit. */
function padsOf(at: Application, rank: number): Window["pads"] | undefined {
  const auto = stringAttribute(at, "auto_pad", "NOTSET");
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") return null;
  const none = new Array<number>(rank).fill(0);
  if (auto === "VALID") return { head: none, tail: none };
  const pads = listOf(at, "pads", 2 * rank, 0);
  return pads ? { head: pads.slice(0, rank), tail: pads.slice(rank) } : undefined;
}

/** The stretch that a dilated kernel covers on an axis. */
export function reach({ kernel, dilations }: Window, axis: number): Maybe {
  return add(multiply(subtract(kernel[axis] ?? null, 1), dilations[axis] ?? 1), 1);
}

/**
 * How often the window fits on each spatial axis.
 * @param rounding `ceil`: windows that begin inside the tensor may end beyond it (ceil_mode)
 */
export function windowsOver(
  lengths: readonly Maybe[],
  window: Window,
  rounding: "floor" | "ceil" = "floor",
): Maybe[] {
  const { strides, pads } = window;
  return lengths.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    if (!pads) return ceilDivide(length, stride);
    const head = pads.head[axis] ?? 0;
    const tail = pads.tail[axis] ?? 0;
    const covered = reach(window, axis);
    if (rounding === "floor") {
      const room = subtract(add(length, head + tail), covered);
      // Where not even one fits, the runtime rounds towards zero and the standard down: what both find to be negative is.
      if (typeof room === "number" && room < 0)
        return Math.trunc(room / stride) + 1 < 0 ? Math.trunc(room / stride) + 1 : null;
      return add(floorDivide(room, stride), 1);
    }
    // ceil((length + head + tail - covered) / stride) + 1, less a last window that would begin in the padding behind.
    if (typeof covered !== "number") return null;
    return ceilDivide(add(length, head + Math.min(0, tail - covered + stride)), stride);
  });
}

/**
 * What a transposed window spreads each spatial axis to (ONNX, "ConvTranspose"). Where the output decides the padding and the
 * window leaves gaps, the runtime's own inference and its kernel differ: nothing is said.
 */
export function spreadOver(at: Application, lengths: readonly Maybe[], window: Window): Maybe[] {
  const { strides, pads } = window;
  const more = intsAttribute(at, "output_padding") ?? [];
  return lengths.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    if (!pads) return isAtLeast(reach(window, axis), stride) ? multiply(length, stride) : null;
    const padding = (pads.head[axis] ?? 0) + (pads.tail[axis] ?? 0) - (more[axis] ?? 0);
    return subtract(add(multiply(subtract(length, 1), stride), reach(window, axis)), padding);
  });
}

/** Whether pooling counts windows that reach beyond the tensor. */
export function roundingOf(at: Application): "floor" | "ceil" {
  return intAttribute(at, "ceil_mode", 0) === 1 ? "ceil" : "floor";
}
