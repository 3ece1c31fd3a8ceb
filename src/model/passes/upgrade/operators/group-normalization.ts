import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Value } from "../../../graph/graph.ts";
import { DTYPES } from "../../../tensor/dtype.ts";
import type { Adapter } from "../adapter.ts";
import { intsConstant, readInt } from "../attributes.ts";
import { concat, shape, slice } from "../build.ts";

/** One scale and bias a group; since opset 21 one a channel. */
export const groupNormalization: Adapter = {
  op: "GroupNormalization",
  since: 21,
  types: true,
  adapt(node, step) {
    const data = step.input(node, 0);
    const groups = readInt(node, "num_groups", step) ?? step.refuse("it has no attribute num_groups");
    if (groups < 1) return step.refuse(`it has ${groups} groups`);
    // What was worked out in the data's own precision is not to lose any.
    if (step.dtypeOf(data) === "float64")
      setAttribute(node, "stash_type", attribute.int(DTYPES.float64.onnx));
    const channels = step.shapeOf(data)?.[1];
    if (channels === groups) return;
    if (typeof channels === "number" && channels % groups !== 0)
      return step.refuse(`it has ${channels} channels in ${groups} groups`);
    let wide: Value;
    if (typeof channels === "number") wide = intsConstant(node, "groups", [groups, channels / groups], step);
    else {
      const count = slice(node, shape(node, data, step), 1, 2, step);
      const of = intsConstant(node, "groups", [groups], step);
      wide = concat(node, [of, step.before(node, "Div", [count, of])], step);
    }
    const flat = intsConstant(node, "channels", [-1], step);
    const column = intsConstant(node, "column", [groups, 1], step);
    for (const index of [1, 2]) {
      const each = step.before(node, "Reshape", [step.input(node, index), column]);
      const repeated = step.before(node, "Expand", [each, wide]);
      step.setInput(node, index, step.before(node, "Reshape", [repeated, flat]));
    }
  },
};
