import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";
import { readInt } from "../attributes.ts";
import { exactly, shape } from "../build.ts";

/**
 * Up to opset 12 the input was seen as a matrix, whose rows are all dimensions from `axis` (1 by default) on; since 13 the
 * operator works along one dimension, the last by default.
 */
export const softmax: Adapter = {
  op: ["Softmax", "LogSoftmax", "Hardmax"],
  since: 13,
  types: true,
  adapt(node, step) {
    const axis = readInt(node, "axis", step) ?? 1;
    const data = step.input(node, 0);
    const lengths = step.shapeOf(data);
    const only = axis === -1 ? -1 : lengths && onlyDimension(lengths, axis);
    if (only !== null) {
      setAttribute(node, "axis", attribute.int(only));
      return;
    }
    const lengthsNow = shape(node, data, step);
    step.setInput(node, 0, step.before(node, "Flatten", [data], { axis: attribute.int(axis) }));
    setAttribute(node, "axis", attribute.int(-1));
    step.after(node, 0, "Reshape", [lengthsNow], exactly(step));
  },
};

/** The one dimension from `axis` on whose length is not 1; null where there may be several. */
function onlyDimension(lengths: readonly (number | null)[], axis: number): number | null {
  const from = axis < 0 ? axis + lengths.length : axis;
  if (from < 0 || from >= lengths.length) return null;
  const long = lengths.flatMap((length, i) => (i < from || length === 1 ? [] : [i]));
  if (long.length > 1) return null;
  return long[0] ?? from;
}
