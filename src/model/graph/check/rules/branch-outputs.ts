import { operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

/** ONNX, If: each branch gives as many outputs as the node has. */
export const branchOutputs: Rule = {
  id: "branch-outputs",
  severity: "error",
  title: "A branch with another number of outputs than its node",
  remedy: "Let both branches give one value for each output of the node, in the same order.",
  node({ node }, found) {
    if (node.op !== "If" || node.domain !== "") return;
    for (const [name, attribute] of node.attributes) {
      if (attribute.kind !== "graph" || !name.endsWith("_branch")) continue;
      const gives = attribute.value.outputs.length;
      if (gives === node.outputs.length) continue;
      found(`${operatorText(node)} has ${node.outputs.length} outputs, and its ${name} gives ${gives}.`, {
        attribute: name,
      });
    }
  },
};
