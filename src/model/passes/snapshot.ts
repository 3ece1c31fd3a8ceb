import { attributesOf } from "../graph/attributes.ts";
import type { Graph, Model, Node, Value } from "../graph/graph.ts";
import { graphsOf } from "../graph/walk.ts";

/**
 * Keeps how the graphs of a model are now, without their weights.
 * @returns puts all of it back, once, in the same objects: nodes, values and graphs that were made since are of no use then
 */
export function snapshot(model: Model): () => void {
  const graphs: [Graph, Graph][] = [];
  const nodes: [Node, Node][] = [];
  const values: [Value, Value][] = [];
  for (const graph of graphsOf(model)) {
    const { inputs, outputs } = graph;
    const lists = { inputs: [...inputs], outputs: [...outputs], nodes: [...graph.nodes] };
    graphs.push([graph, { ...graph, ...lists, values: new Map(graph.values) }]);
    for (const node of graph.nodes) {
      const attributes = attributesOf(node.attributes);
      nodes.push([node, { ...node, inputs: [...node.inputs], outputs: [...node.outputs], attributes }]);
    }
    for (const value of graph.values.values()) values.push([value, { ...value, uses: [...value.uses] }]);
  }
  return () => {
    for (const each of graphs) putBack(...each);
    for (const each of nodes) putBack(...each);
    for (const each of values) putBack(...each);
  };
}

function putBack<T extends object>(now: T, before: T): void {
  for (const key of Object.keys(now)) if (!Object.hasOwn(before, key)) Reflect.deleteProperty(now, key);
  Object.assign(now, before);
}
