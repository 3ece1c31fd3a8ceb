import { isOutput } from "../../graph/edit.ts";
import type { Graph, Model, ModelFunction, Node } from "../../graph/graph.ts";
import { graphsWithin, subgraphsOf } from "../../graph/walk.ts";
import type { Pass } from "../pass.ts";
import { graphPass, type Rewrite } from "./rewrite.ts";

/**
 * Nodes whose outputs nobody reads, whatever they compute: an ONNX operator has no effect but its outputs. A node that draws
 * random numbers stays as long as one of its outputs is read. An input of the model stays even where nobody reads it.
 */
const nodesAndValues = graphPass("dead-code", "", sweep);

export const deadCode: Pass = {
  name: "dead-code",
  promises: "Every node, constant and function that is left has a part in an output.",
  keepsTypes: true,
  async run(model, context) {
    const { modified } = await nodesAndValues.run(model, context);
    return { model, modified: removeFunctions(model) || modified };
  },
};

/** From the last node to the first, so that what only dead nodes read is seen to be dead in its turn. */
function sweep(graph: Graph, rewrite: Rewrite): void {
  if (graph.parent) return;
  sweepNodes(graph, rewrite);
  for (const each of graphsWithin(graph)) sweepValues(each, rewrite);
}

function sweepNodes(graph: Graph, rewrite: Rewrite): void {
  for (let at = graph.nodes.length - 1; at >= 0; at--) {
    const node = graph.nodes[at] as Node;
    if (node.outputs.every((value) => value === null || (value.uses.length === 0 && !isOutput(value)))) {
      rewrite.remove(node);
    } else {
      // What a branch or body reads from outside is known to be read only when its own dead nodes are gone.
      for (const inner of subgraphsOf(node)) sweepNodes(inner, rewrite);
    }
  }
}

/** Constants that nobody reads, and names that no longer stand for anything. */
function sweepValues(graph: Graph, rewrite: Rewrite): void {
  const inputs = new Set(graph.inputs);
  for (const value of graph.values.values()) {
    if (value.producer || value.uses.length > 0 || isOutput(value)) continue;
    if (inputs.has(value) && !rewrite.isConstant(value)) continue;
    inputs.delete(value);
    graph.values.delete(value.name);
    rewrite.modified = true;
  }
  if (inputs.size < graph.inputs.length) graph.inputs = [...inputs];
}

/** Functions that no node calls, directly or through another function. */
function removeFunctions(model: Model): boolean {
  if (model.functions.length === 0) return false;
  const byName = new Map(model.functions.map((each) => [keyOf(each.domain, each.name, each.overload), each]));
  const called = new Set<ModelFunction>();
  const waiting: Graph[] = [model.graph];
  for (let graph = waiting.pop(); graph; graph = waiting.pop()) {
    for (const { nodes } of graphsWithin(graph)) {
      for (const { domain, op, overload } of nodes) {
        const found = byName.get(keyOf(domain, op, overload));
        if (!found || called.has(found)) continue;
        called.add(found);
        waiting.push(found.graph);
      }
    }
  }
  const kept = model.functions.filter((each) => called.has(each));
  if (kept.length === model.functions.length) return false;
  model.functions = kept;
  return true;
}

function keyOf(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain === "ai.onnx" ? "" : domain, name, overload]);
}
