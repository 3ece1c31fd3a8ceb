import type { Graph, Model, Node } from "../graph.ts";
import { nameText, operatorText } from "../label.ts";
import { subgraphsOf } from "../walk.ts";
import type { KnownFunction } from "./functions.ts";
import type { Scope } from "./rule.ts";

/** IR versions before 3 know no operator sets: what they hold is the first. */
const BEFORE_OPSETS: ReadonlyMap<string, number> = new Map([["", 1]]);

/** Every graph of a model with what holds inside it: the model's own first, a subgraph after the one it lies in. */
export function scopesOf(model: Model): Map<Graph, Scope> {
  const scopes = new Map<Graph, Scope>();
  const opsets = model.opsets.size === 0 && model.irVersion < 3 ? BEFORE_OPSETS : model.opsets;
  addScopes(scopes, scopeOf(model.graph, "", null, null, null, opsets));
  for (const each of model.functions) {
    const known = { function: each, attributes: new Set(each.attributes) };
    const path = `function ${nameText(each.domain === "" ? each.name : `${each.domain}.${each.name}`)}`;
    addScopes(scopes, scopeOf(each.graph, path, null, null, known, each.opsets));
  }
  return scopes;
}

function scopeOf(
  graph: Graph,
  path: string,
  outer: Scope | null,
  owner: Node | null,
  within: KnownFunction | null,
  opsets: ReadonlyMap<string, number>,
): Scope {
  return {
    graph,
    path,
    outer,
    owner,
    function: within,
    opsets,
    depth: outer ? outer.depth + 1 : 0,
    inputs: new Set(graph.inputs),
  };
}

function addScopes(scopes: Map<Graph, Scope>, first: Scope): void {
  const waiting = [first];
  for (let scope = waiting.pop(); scope; scope = waiting.pop()) {
    scopes.set(scope.graph, scope);
    const { nodes } = scope.graph;
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index] as Node;
      if (subgraphsOf(node).length === 0) continue;
      for (const [name, attribute] of node.attributes) {
        if (attribute.kind !== "graph" && attribute.kind !== "graphs") continue;
        const inner = attribute.kind === "graph" ? [attribute.value] : attribute.value;
        inner.forEach((graph, i) => {
          const label = node.name === "" ? `${operatorText(node)}#${index}` : nameText(node.name);
          const step = `${label}.${nameText(name)}${attribute.kind === "graphs" ? `[${i}]` : ""}`;
          const path = scope.path === "" ? step : `${scope.path} > ${step}`;
          waiting.push(scopeOf(graph, path, scope, node, scope.function, scope.opsets));
        });
      }
    }
  }
}
