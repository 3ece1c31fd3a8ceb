import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";
import { intsConstant, takeInt } from "../attributes.ts";

/**
 * An experiment of opset 1 on pictures ([N, C, H, W]): every picture on its own, each channel or all of them together.
 * Opset 9 made it an operator over any axes.
 */
export const meanVarianceNormalization: Adapter = {
  op: "MeanVarianceNormalization",
  since: 9,
  adapt(node, step) {
    const isAcross = (takeInt(node, "across_channels", step) ?? 0) !== 0;
    const hasVariance = (takeInt(node, "normalize_variance", step) ?? 1) !== 0;
    const axes = isAcross ? [1, 2, 3] : [2, 3];
    if (hasVariance) {
      setAttribute(node, "axes", attribute.ints(axes));
      return;
    }
    const data = step.input(node, 0);
    const mean =
      step.target < 18
        ? step.before(node, "ReduceMean", [data], { axes: attribute.ints(axes) })
        : step.before(node, "ReduceMean", [data, intsConstant(node, "axes", axes, step)]);
    step.become(node, "Sub", [data, mean]);
  },
};
