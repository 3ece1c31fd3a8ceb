import type { Value } from "../../graph.ts";
import { nameText } from "../../label.ts";
import type { Rule, Scope } from "../rule.ts";

export const outputMissing: Rule = {
  id: "output-missing",
  severity: "error",
  title: "An output that nothing computes",
  remedy: "Take it out of the outputs, or name the value that is meant.",
  graph(scope, found) {
    for (const value of scope.graph.outputs) {
      if (value.producer || value.constant || value.sparse || scope.inputs.has(value)) continue;
      const outer = outerValue(scope, value.name);
      if (outer)
        found(`The subgraph gives back ${nameText(value.name)}, which belongs to a graph around it.`, {
          value: value.name,
          remedy: "Put an Identity between: a subgraph gives back values of its own.",
        });
      else found(`Nothing computes the output ${nameText(value.name)}.`, { value: value.name });
    }
  },
};

/** The value that a name means in the graphs around a subgraph. */
function outerValue(scope: Scope, name: string): Value | undefined {
  for (let outer = scope.outer; outer; outer = outer.outer) {
    const value = outer.graph.values.get(name);
    if (value) return value;
  }
  return undefined;
}
