import type { Graph, Node } from "../graph.ts";

/** Where some nodes stand in their graphs; each graph is looked through once. */
export function placesOf(nodes: readonly Node[]): Map<Node, number> {
  const named = new Set(nodes);
  const graphs = new Set<Graph>();
  for (const node of named) graphs.add(node.graph);
  const places = new Map<Node, number>();
  for (const graph of graphs) {
    graph.nodes.forEach((node, index) => {
      if (named.has(node)) places.set(node, index);
    });
  }
  return places;
}
