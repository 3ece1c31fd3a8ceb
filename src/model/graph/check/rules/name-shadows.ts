import type { Graph, Node } from "../../graph.ts";
import { nameText } from "../../label.ts";
import { subgraphsOf } from "../../walk.ts";
import type { CheckContext, Found, Rule, Scope } from "../rule.ts";

/**
 * Names are looked up as they stand where a subgraph does: what the graphs around it compute later, the outputs of its own
 * node among them, may have the same names, and exporters like to give them those.
 */
export const nameShadows: Rule = {
  id: "name-shadows",
  severity: "error",
  title: "A value of a subgraph with the name of a value around it",
  remedy: "Rename the inner one: tools and runtimes differ in which of the two they read.",
  model(context, found) {
    const { model, scopes } = context;
    // Most graphs hold no others: nothing is to be remembered of them.
    const holders = new Set<Graph>();
    for (const { outer } of scopes.values()) if (outer) holders.add(outer.graph);
    const walk = { context, found, holders };
    visit(walk, model.graph, []);
    for (const each of model.functions) visit(walk, each.graph, []);
  },
};

interface Walk {
  readonly context: CheckContext;
  readonly found: Found;
  readonly holders: ReadonlySet<Graph>;
}

/** Readers limit how deep subgraphs nest. */
function visit(walk: Walk, graph: Graph, around: readonly ReadonlySet<string>[]): void {
  const scope = walk.context.scopes.get(graph);
  if (!scope || (around.length === 0 && !walk.holders.has(graph))) return;
  const names = new Set<string>();
  const add = (name: string, node: Node | null, index: number) => {
    names.add(name);
    if (around.some((each) => each.has(name))) tell(walk.found, scope, name, node, index);
  };
  for (const { name } of graph.inputs) add(name, null, 0);
  for (const { name, constant, sparse } of graph.values.values()) {
    if ((constant || sparse) && !names.has(name)) add(name, null, 0);
  }
  const inside = [...around, names];
  for (let index = 0; index < graph.nodes.length; index++) {
    const node = graph.nodes[index] as Node;
    for (const inner of subgraphsOf(node)) visit(walk, inner, inside);
    for (const value of node.outputs) if (value) add(value.name, node, index);
  }
}

function tell(found: Found, scope: Scope, name: string, node: Node | null, index: number): void {
  found(`The value ${nameText(name)} has the name of a value of a graph around it.`, {
    scope,
    value: name,
    // onnx.checker refuses this of computed values alone.
    severity: node ? "error" : "warning",
    ...(node ? { node, index } : {}),
  });
}
