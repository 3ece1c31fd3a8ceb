import { removeAttribute } from "../../../graph/attributes.ts";
import type { Adapter } from "../adapter.ts";
import { scalarConstant, takeInt } from "../attributes.ts";

/** The axis became an input, and the default another: the first signal axis at first, then the last. */
export const dft: Adapter = {
  op: "DFT",
  since: 20,
  adapt(node, step) {
    const found = node.attributes.get("axis");
    if (found?.kind === "reference") {
      removeAttribute(node, "axis");
      step.setInput(node, 2, step.parameter(node, "axis", "value_int", found.value));
    } else
      step.setInput(node, 2, scalarConstant(node, "axis", "int64", takeInt(node, "axis", step) ?? 1, step));
  },
};
