import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";
import { intsConstant, takeInt } from "../attributes.ts";

/**
 * An experiment of opset 1 on pictures ([N, C, H, W]): each channel, or all of them together, over all pictures, as the
 * default of the operator over any axes that opset 9 made of it. The runtime passes over axes that a tensor does not have.
 */
export const meanVarianceNormalization: Adapter = {
  op: "MeanVarianceNormalization",
  since: 9,
  types: true,
  adapt(node, step) {
    const isAcross = (takeInt(node, "across_channels", step) ?? 0) !== 0;
    const hasVariance = (takeInt(node, "normalize_variance", step) ?? 1) !== 0;
    const data = step.input(node, 0);
    const rank = step.rankOf(data) ?? 4;
    const axes = (isAcross ? [0, 1, 2, 3] : [0, 2, 3]).filter((axis) => axis < rank);
    if (hasVariance) {
      setAttribute(node, "axes", attribute.ints(axes));
      return;
    }
    const mean =
      step.target < 18
        ? step.before(node, "ReduceMean", [data], { axes: attribute.ints(axes) })
        : step.before(node, "ReduceMean", [data, intsConstant(node, "axes", axes, step)]);
    step.become(node, "Sub", [data, mean]);
  },
};
