import { nameText, operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const nodeUnused: Rule = {
  id: "node-unused",
  severity: "warning",
  title: "Something that no output needs",
  remedy: "Simplifying the model takes it out.",
  graph(scope, found) {
    const { graph, inputs } = scope;
    const outputs = new Set(graph.outputs);
    for (const value of graph.values.values()) {
      if (value.uses.length > 0 || outputs.has(value) || value.name === "") continue;
      if (value.constant || value.sparse)
        found(`Nothing reads the constant ${nameText(value.name)}.`, { value: value.name });
      else if (inputs.has(value) && !scope.outer && !scope.function)
        found(`Nothing reads the input ${nameText(value.name)}.`, { value: value.name });
    }
    graph.nodes.forEach((node, index) => {
      const needed = node.outputs.some((value) => value && (value.uses.length > 0 || outputs.has(value)));
      if (!needed && node.outputs.length > 0)
        found(`Nothing reads what ${operatorText(node)} computes.`, { node, index });
    });
  },
};
