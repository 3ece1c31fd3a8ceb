import type { Graph, Node } from "../../graph.ts";
import { nameText, operatorText, someOf } from "../../label.ts";
import { subgraphsOf } from "../../walk.ts";
import type { CheckContext, Rule, Scope } from "../rule.ts";

/** Nodes of a cycle that are named. */
const MOST_NAMED = 8;

export const order: Rule = {
  id: "order",
  severity: "error",
  title: "A value that is read before it is computed",
  remedy: "Nodes stand in the order in which they run: sort them.",
  model(context, found) {
    const late = lateReads(context);
    for (const [scope, { node, index, value, count }] of late) {
      const cycle = cycleIn(scope.graph, context);
      if (cycle) {
        const [first = node] = cycle;
        const names = someOf(
          cycle.map((each) => operatorText(each) + (each.name ? ` (${nameText(each.name)})` : "")),
          MOST_NAMED,
        );
        found(
          cycle.length === 1
            ? `${names} reads what it computes itself.`
            : `${cycle.length} nodes wait for each other in a circle: ${names}.`,
          {
            scope,
            node: first,
            index: scope.graph.nodes.indexOf(first),
            remedy: "A graph cannot have a circle: carry the value through a Loop or a Scan.",
          },
        );
      } else {
        const more = count > 1 ? `, and so it is in ${count - 1} places more` : "";
        found(`${operatorText(node)} reads ${nameText(value)}, which a later node computes${more}.`, {
          scope,
          node,
          index,
          value,
        });
      }
    }
  },
};

interface Late {
  readonly node: Node;
  readonly index: number;
  readonly value: string;
  count: number;
}

/** Reads of values that are not computed yet, by the graph of the value; nodes of subgraphs run where their owner stands. */
function lateReads({ model, scopes }: CheckContext): Map<Scope, Late> {
  const late = new Map<Scope, Late>();
  const computed = new Set<Node>();
  const visit = (graph: Graph) => {
    const { nodes } = graph;
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index] as Node;
      for (const value of node.inputs) {
        if (!value?.producer || computed.has(value.producer)) continue;
        const scope = scopes.get(value.graph);
        if (!scope) continue;
        const known = late.get(scope);
        if (known) known.count++;
        else late.set(scope, { node, index, value: value.name, count: 1 });
      }
      for (const attribute of node.attributes.values()) {
        // Readers limit how deep subgraphs nest.
        if (attribute.kind === "graph") visit(attribute.value);
        else if (attribute.kind === "graphs") attribute.value.forEach(visit);
      }
      computed.add(node);
    }
  };
  visit(model.graph);
  for (const each of model.functions) visit(each.graph);
  return late;
}

/** The nodes of one circle in a graph, what its subgraphs read included; null where an order exists. */
function cycleIn(graph: Graph, { scopes }: CheckContext): Node[] | null {
  // How many reads each node still waits for.
  const waiting = new Map<Node, number>();
  for (const value of graph.values.values()) {
    if (value.producer?.graph !== graph) continue;
    for (const use of value.uses) {
      const node = ownerIn(graph, use.node, scopes);
      if (node) waiting.set(node, (waiting.get(node) ?? 0) + 1);
    }
  }
  const ready = graph.nodes.filter((node) => !waiting.has(node));
  for (let node = ready.pop(); node; node = ready.pop()) {
    for (const value of new Set(node.outputs)) {
      if (value?.producer !== node) continue;
      for (const use of value.uses) {
        const reader = ownerIn(graph, use.node, scopes);
        if (!reader) continue;
        const left = (waiting.get(reader) as number) - 1;
        waiting.set(reader, left);
        if (left > 0) continue;
        waiting.delete(reader);
        ready.push(reader);
      }
    }
  }
  // Whoever still waits, waits for somebody who does: following them ends in a circle.
  const places = new Map<Node, number>();
  const path: Node[] = [];
  let at: Node | null | undefined = waiting.keys().next().value;
  while (at && !places.has(at)) {
    places.set(at, path.length);
    path.push(at);
    at = waitsFor(at, graph, waiting);
  }
  return at ? path.slice(places.get(at)).reverse() : null;
}

/** Somebody in the graph who still waits and whom a node waits for, by itself or within its subgraphs. */
function waitsFor(node: Node, graph: Graph, waiting: ReadonlyMap<Node, number>): Node | null {
  for (const value of node.inputs) {
    const producer = value?.producer;
    if (producer && producer.graph === graph && waiting.has(producer)) return producer;
  }
  for (const inner of subgraphsOf(node)) {
    for (const each of inner.nodes) {
      const found = waitsFor(each, graph, waiting);
      if (found) return found;
    }
  }
  return null;
}

/** The node of the graph itself within which another node stands, however deep. */
function ownerIn(graph: Graph, node: Node, scopes: CheckContext["scopes"]): Node | null {
  let at: Node | null = node;
  while (at && at.graph !== graph) at = scopes.get(at.graph)?.owner ?? null;
  return at;
}
