import { removeAttribute } from "../../../graph/attributes.ts";
import type { Adapter } from "../adapter.ts";
import { intsToInput } from "../attributes.ts";

export const reshape: Adapter = {
  op: "Reshape",
  since: 5,
  adapt(node, step) {
    removeAttribute(node, "consumed_inputs");
    if (!node.attributes.has("shape")) return step.refuse("it has no attribute shape");
    intsToInput(node, "shape", 1, step);
  },
};
