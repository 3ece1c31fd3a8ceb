import { operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

/** ONNX, If: branches take no inputs, and read values of the graph around them. */
export const branchInputs: Rule = {
  id: "branch-inputs",
  severity: "error",
  title: "A branch that takes inputs",
  remedy: "Take the inputs out: a branch reads the values of the graph around it by their names.",
  node({ node }, found) {
    if (node.op !== "If" || node.domain !== "") return;
    for (const [name, attribute] of node.attributes) {
      if (attribute.kind !== "graph" || !name.endsWith("_branch")) continue;
      // Files before IR version 4 list constants among the inputs.
      const takes = attribute.value.inputs.filter(({ constant, sparse }) => !constant && !sparse).length;
      if (takes === 0) continue;
      found(`The ${name} of ${operatorText(node)} takes ${takes}, and nothing is given to it.`, {
        attribute: name,
      });
    }
  },
};
