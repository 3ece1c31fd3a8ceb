import type { Node, Value } from "../../../graph/graph.ts";
import type { Adapter } from "../adapter.ts";
import { takeInt } from "../attributes.ts";
import { concat, onesLike, reshapeTo, shape, slice, TO_END, unsqueeze } from "../build.ts";
import type { Step } from "../step.ts";

/**
 * Before opset 7 the second operand was stretched along the dimensions from `axis` on, or the last ones; since then shapes
 * are aligned at their ends. Dimensions of length 1 behind the second operand's say the same.
 */
export const broadcast: readonly Adapter[] = [
  {
    op: ["Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"],
    since: 7,
    types: true,
    adapt(node, step) {
      const stretches = takeInt(node, "broadcast", step) ?? 0;
      const axis = takeInt(node, "axis", step);
      if (stretches === 0 || axis === undefined) return;
      const [a, b] = [step.input(node, 0), step.input(node, 1)];
      step.setInput(node, 1, alignedFrom(node, a, b, axis, step));
    },
  },
  {
    op: "Gemm",
    since: 7,
    adapt(node, step) {
      takeInt(node, "broadcast", step);
    },
  },
  {
    // A slope of one number a channel stood along dimension 1; one of a single number stands everywhere.
    op: "PRelu",
    since: 7,
    types: true,
    adapt(node, step) {
      const slope = step.input(node, 1);
      const lengths = step.shapeOf(slope) ?? step.refuse("the shape of its slope is unknown");
      if (lengths.length !== 1 || lengths[0] === 1) return;
      step.setInput(node, 1, alignedFrom(node, step.input(node, 0), slope, 1, step));
    },
  },
];

/** `b` with as many dimensions of length 1 behind its own as make it stand along those of `a` from `axis` on. */
export function alignedFrom(node: Node, a: Value, b: Value, axis: number, step: Step): Value {
  const rank = step.rankOf(a);
  const rankOfB = step.rankOf(b);
  if (rankOfB === null) {
    // At the last dimension there is nothing to put behind.
    if (axis === -1) return b;
    return step.refuse("the number of dimensions of its second input is unknown");
  }
  if (rank !== null) {
    const from = axis < 0 ? axis + rank : axis;
    const missing = rank - from - rankOfB;
    if (missing < 0) {
      // A single number is stretched wherever it stands.
      if (step.shapeOf(b)?.every((length) => length === 1)) return b;
      step.refuse(`its second input does not fit from dimension ${axis} on`);
    }
    return unsqueeze(node, b, upFrom(rankOfB, missing), step);
  }
  if (axis < 0) {
    const missing = -axis - rankOfB;
    if (missing < 0) return step.refuse(`its second input does not fit from dimension ${axis} on`);
    return unsqueeze(node, b, upFrom(rankOfB, missing), step);
  }
  const behind = slice(node, shape(node, a, step), axis + rankOfB, TO_END, step);
  const lengths = concat(node, [shape(node, b, step), onesLike(node, behind, step)], step);
  return reshapeTo(node, b, lengths, step);
}

const upFrom = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
