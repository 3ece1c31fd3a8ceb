import type { Rule } from "../rule.ts";

export const constantNode: Rule = {
  id: "constant-node",
  severity: "error",
  title: "A Constant that does not hold one value",
  remedy: "Give it one of the attributes value, sparse_value, value_float and so on.",
  node({ node }, found) {
    if (node.op !== "Constant" || node.domain !== "") return;
    let held = 0;
    for (const name of node.attributes.keys()) if (/^(sparse_)?value(_|$)/.test(name)) held++;
    if (held !== 1) found(`The Constant holds ${held} values.`);
  },
};
