import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";

/** The p of a norm was a float, and is a whole number. */
export const pooling: Adapter = {
  op: ["LpPool", "GlobalLpPool"],
  since: 2,
  adapt(node, step) {
    const p = node.attributes.get("p");
    if (p?.kind === "float") {
      if (!Number.isInteger(p.value)) return step.refuse(`its p is ${p.value}`);
      setAttribute(node, "p", attribute.int(p.value));
    }
    if (node.op === "LpPool" && !node.attributes.has("kernel_shape"))
      return step.refuse("it has no attribute kernel_shape");
  },
};
