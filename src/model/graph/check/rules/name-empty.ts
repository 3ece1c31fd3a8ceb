import type { Rule } from "../rule.ts";

export const nameEmpty: Rule = {
  id: "name-empty",
  severity: "error",
  title: "Something without a name that needs one",
  remedy: "The file is damaged or was written by a faulty tool: export it again.",
  graph(scope, found) {
    const { graph } = scope;
    if (graph.name === "" && !scope.function) found("The graph has no name.", { severity: "warning" });
    graph.inputs.forEach((value, index) => {
      if (value.name === "") found(`The input ${index} has no name.`);
    });
    graph.outputs.forEach((value, index) => {
      if (value.name === "") found(`The output ${index} has no name.`);
    });
    if (graph.values.get("")?.constant) found("A constant has no name, so nothing can read it.");
  },
  node({ node }, found) {
    if (node.attributes.has("")) found("An attribute has no name.", { attribute: "" });
  },
};
