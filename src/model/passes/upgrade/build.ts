import { attribute } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { DTYPES, type DType } from "../../tensor/dtype.ts";
import { intsConstant } from "./attributes.ts";
import type { Step } from "./step.ts";

/**
 * Nodes that adapters put before theirs, each in the form that its operator has at the target. Positions and lengths in
 * shapes are int64.
 */

export function shape(node: Node, value: Value, step: Step): Value {
  return step.before(node, "Shape", [value]);
}

export function cast(node: Node, value: Value, dtype: DType, step: Step): Value {
  return step.before(node, "Cast", [value], { to: attribute.int(DTYPES[dtype].onnx) });
}

/** A value in the element type of another one. */
export function castLike(node: Node, value: Value, like: Value, step: Step): Value {
  if (step.target < 15) return step.refuse("the element type of its input is unknown");
  return step.before(node, "CastLike", [value, like]);
}

/** Elements `start` to `end` (not included) of a tensor of one dimension. */
export function slice(node: Node, value: Value, start: number, end: number, step: Step): Value {
  if (step.target < 10) {
    return step.before(node, "Slice", [value], {
      starts: attribute.ints([start]),
      ends: attribute.ints([end]),
      axes: attribute.ints([0]),
    });
  }
  const [from, to, axes] = [[start], [end], [0]].map((each) => intsConstant(node, "slice", each, step));
  return step.before(node, "Slice", [value, from as Value, to as Value, axes as Value]);
}

export function concat(node: Node, values: readonly Value[], step: Step): Value {
  return step.before(node, "Concat", values, { axis: attribute.int(0) });
}

/** A reshape to lengths that a tensor already has: a length of 0 is a length, where the operator can say so. */
export function reshapeTo(node: Node, value: Value, lengths: Value, step: Step): Value {
  return step.before(node, "Reshape", [value, lengths], exactly(step));
}

/** The attributes of a Reshape to the shape of another tensor. Before opset 14 a length of 0 cannot be said. */
export function exactly(step: Step): Record<string, ReturnType<typeof attribute.int>> {
  return step.target >= 14 ? { allowzero: attribute.int(1) } : {};
}

/** As many ones as the list of lengths has elements. */
export function onesLike(node: Node, lengths: Value, step: Step): Value {
  if (step.target < 7) step.refuse("the number of its dimensions is unknown");
  const zero = intsConstant(node, "zero", [0], step);
  const one = intsConstant(node, "one", [1], step);
  return step.before(node, "Add", [step.before(node, "Mul", [lengths, zero]), one]);
}

/** New dimensions of length 1. */
export function unsqueeze(node: Node, value: Value, axes: readonly number[], step: Step): Value {
  if (axes.length === 0) return value;
  if (step.target < 13) return step.before(node, "Unsqueeze", [value], { axes: attribute.ints(axes) });
  return step.before(node, "Unsqueeze", [value, intsConstant(node, "axes", axes, step)]);
}

/** How long a slice reaches that goes to the end. */
export const TO_END = 2 ** 31 - 1;
