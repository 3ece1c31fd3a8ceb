import { removeAttribute } from "../../graph/attributes.ts";
import { replaceUses } from "../../graph/edit.ts";
import type { Graph, Node, Value } from "../../graph/graph.ts";
import { subgraphsOf } from "../../graph/walk.ts";
import type { Rewrite } from "./rewrite.ts";

/**
 * Puts the nodes of a graph that a node carries in place of that node.
 * @param given what the graph's inputs stand for
 * @param results the values that the node's outputs stand for: values of the inner graph, or of one around it
 */
export function inline(
  rewrite: Rewrite,
  node: Node,
  inner: Graph | null,
  given: readonly (readonly [input: Value, value: Value])[],
  results: readonly (Value | null)[],
): void {
  const { graph } = node;
  const standsFor = new Map(given);
  if (inner) {
    for (const [input, value] of given) {
      replaceUses(input, value);
      inner.values.delete(input.name);
    }
    // A name of the inner graph may be one of a graph beside it, and would be read there: all of them are new.
    for (const value of inner.values.values()) {
      value.name = rewrite.fresh(value.name);
      value.graph = graph;
      graph.values.set(value.name, value);
    }
    for (const each of inner.nodes) {
      for (const within of subgraphsOf(each)) within.parent = graph;
      rewrite.moveBefore(node, each);
    }
    for (const [name, attribute] of node.attributes)
      if (attribute.kind === "graph" && attribute.value === inner) removeAttribute(node, name);
  }
  for (const [at, output] of node.outputs.entries()) {
    const result = results[at];
    if (!output || !result) continue;
    takeOutput(rewrite, node, output, standsFor.get(result) ?? result);
  }
  rewrite.remove(node);
}

/** Lets an output of the node be a value; where the name of an output of the graph forbids it, through an Identity. */
export function takeOutput(rewrite: Rewrite, node: Node, output: Value, value: Value): void {
  if (rewrite.replace(output, value)) return;
  const name = node.name === "" ? "" : `${node.name}_${output.name}`;
  rewrite.insertBefore(node, { op: "Identity", name, inputs: [value], outputs: [output] });
}
