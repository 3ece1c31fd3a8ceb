import type { Rule } from "../rule.ts";

export const graphEmpty: Rule = {
  id: "graph-empty",
  severity: "warning",
  title: "A graph that gives nothing",
  remedy: "Name the values that are meant to come out.",
  graph({ graph, function: within }, found) {
    if (graph.outputs.length === 0) found(`The ${within ? "function" : "graph"} has no outputs.`);
  },
};
