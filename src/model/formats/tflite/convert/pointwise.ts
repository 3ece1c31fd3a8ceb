import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Activation } from "../schema/types.ts";
import { activatedAs } from "./activation.ts";
import type { Build } from "./build.ts";
import { computedIn, KERNELS } from "./kernels.ts";
import type { Op } from "./operator.ts";
import { isQuantized, standing } from "./quantized.ts";
import { refuse } from "./refusal.ts";

/** What is summed up are a few tensors, and a function can be called with some ten thousands of arguments only. */
const MAX_INPUTS = 10_000;

const REAL: ReadonlySet<DType> = new Set(KERNELS.real);

/** The element type of a tensor as real numbers. */
export function realType(build: Build, tensor: TfliteTensor): DType {
  return isQuantized(tensor) ? "float32" : build.dtype(tensor);
}

/** The type in which an operator on real numbers of its first input is computed. @throws Refusal */
export function computedType(op: Op, build: Build, kernels: readonly DType[]): DType {
  return computedIn(realType(build, op.input(0)), kernels);
}

/**
 * An operator that treats each element alike and broadcasts its inputs, so that it may work in whatever layout they lie: reads
 * all inputs as real numbers, and sets the first output.
 * @param kernels types that what it makes can compute with: see KERNELS; others are computed in a wider one
 * @param gives the type of what it makes, where that is not the one it computes with
 * @param activation what is done to that
 */
export function pointwise(
  op: Op,
  build: Build,
  compute: (...inputs: Value[]) => Value,
  kernels: readonly DType[] = KERNELS.numbers,
  gives: DType = computedType(op, build, kernels),
  activation: Activation = "NONE",
): void {
  const output = op.output(0);
  if (op.inputs.length > MAX_INPUTS) throw refuse(`it has more than ${MAX_INPUTS} inputs`);
  // As many as are computed with have to be there.
  const inputs = Array.from({ length: Math.max(op.inputs.length, compute.length) }, (_, index) =>
    op.input(index),
  );
  // A function of real numbers has no meaning for whole ones that stand for none.
  if (kernels.every((each) => REAL.has(each))) for (const tensor of inputs) standing(tensor);
  const layout = build.layoutOf(inputs);
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const dtype = computedType(op, build, kernels);
  const values = inputs.map((tensor) => {
    const value = build.aligned(tensor, layout, rank);
    return realType(build, tensor) === dtype ? value : build.cast(value, dtype);
  });
  const y = compute(...values);
  build.setStored(output, activatedAs(build, output, y, activation, layout, gives), layout);
}
