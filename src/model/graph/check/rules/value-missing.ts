import type { Value } from "../../graph.ts";
import { nameText, operatorText } from "../../label.ts";
import type { CheckContext, Rule } from "../rule.ts";

export const valueMissing: Rule = {
  id: "value-missing",
  severity: "error",
  title: "A value that is read and that nothing gives",
  remedy: "Make it an input or a constant of the graph, or bring back the node that computes it.",
  node({ node }, found, context) {
    node.inputs.forEach((value, index) => {
      if (value === null || isGiven(value, context)) return;
      found(
        `${operatorText(node)} reads ${nameText(value.name)} as its input ${index}, which nothing gives.`,
        {
          value: value.name,
        },
      );
    });
  },
};

function isGiven(value: Value, { scopes }: CheckContext): boolean {
  if (value.producer || value.constant || value.sparse) return true;
  return scopes.get(value.graph)?.inputs.has(value) ?? false;
}
