import type { LazyTensor } from "../tensor/tensor.ts";
import type { Graph, Model, Node } from "./graph.ts";

/** The graphs that a node carries in its attributes: the branches of If, the bodies of Loop and Scan. */
export function subgraphsOf(node: Node): readonly Graph[] {
  // Iterating over nothing costs more than asking: of most nodes of a large graph that would be all.
  if (node.attributes.size === 0) return NONE;
  let found: Graph[] | null = null;
  for (const attribute of node.attributes.values()) {
    if (attribute.kind !== "graph" && attribute.kind !== "graphs") continue;
    found ??= [];
    if (attribute.kind === "graph") found.push(attribute.value);
    else for (const graph of attribute.value) found.push(graph);
  }
  return found ?? NONE;
}

/** Nearly every node: nothing is made for it. */
const NONE: readonly Graph[] = [];

/** A graph and every graph inside it, outer ones first. */
export function* graphsWithin(graph: Graph): Generator<Graph> {
  const waiting = [graph];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    yield next;
    for (const node of next.nodes) for (const inner of subgraphsOf(node)) waiting.push(inner);
  }
}

/** Every graph that running a model may run: the main one, those inside it, and the bodies of functions. */
export function* runGraphsOf(model: Model): Generator<Graph> {
  yield* graphsWithin(model.graph);
  for (const each of model.functions) yield* graphsWithin(each.graph);
}

/** Every graph of a model: also those that it is trained with. */
export function* graphsOf(model: Model): Generator<Graph> {
  yield* runGraphsOf(model);
  for (const { initialization, algorithm } of model.training ?? []) {
    if (initialization) yield* graphsWithin(initialization);
    if (algorithm) yield* graphsWithin(algorithm);
  }
}

/** Every constant tensor that running needs: initializers, sparse ones' values, and tensors in attributes (Constant). */
export function* constantsOf(model: Model): Generator<LazyTensor> {
  for (const graph of runGraphsOf(model)) {
    for (const value of graph.values.values()) {
      if (value.constant) yield value.constant;
      else if (value.sparse) yield value.sparse.values;
    }
    for (const { attributes } of graph.nodes) {
      if (attributes.size === 0) continue;
      for (const attribute of attributes.values()) {
        if (attribute.kind === "tensor") yield attribute.value;
        else if (attribute.kind === "tensors") yield* attribute.value;
      }
    }
  }
}
