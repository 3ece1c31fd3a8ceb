import type { Adapter } from "../adapter.ts";
import { intsConstant, take } from "../attributes.ts";

export const topK: Adapter = {
  op: "TopK",
  since: 10,
  adapt(node, step) {
    const found = node.attributes.get("k");
    if (found?.kind === "reference") return step.refuse("its k is a parameter of the function");
    const k = take(node, "k", "int", step) ?? step.refuse("it has no attribute k");
    step.setInput(node, 1, intsConstant(node, "k", [k], step));
  },
};
