import type { Rule } from "../rule.ts";

export const nodeEmpty: Rule = {
  id: "node-empty",
  severity: "error",
  title: "A node that is nothing",
  remedy: "The file is damaged or was written by a faulty tool: export it again.",
  node({ node }, found) {
    if (node.op === "") found("The node names no operator.");
    else if (node.inputs.length === 0 && node.outputs.length === 0)
      found("The node has neither inputs nor outputs.");
  },
};
