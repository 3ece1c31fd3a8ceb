// Other spellings of a model that must answer the same.
import {
  type Graph,
  graphsOf,
  graphsWithin,
  type Model,
  Names,
  type Node,
  rename,
} from "../../src/model/index.ts";

/** Gives every value of every graph another name; inputs and outputs keep their places. */
export function renameAll(model: Model): void {
  const names = new Names(model);
  for (const graph of graphsOf(model))
    for (const value of [...graph.values.values()]) if (value.name !== "") rename(value, names.fresh("v"));
}

/** Puts the nodes of every graph into another order in which all are computed before they are read, and the values into any. */
export function permuteAll(model: Model, random: () => number): void {
  for (const graph of graphsOf(model)) {
    graph.nodes = reordered(graph, random);
    const values = shuffled([...graph.values], random);
    graph.values.clear();
    for (const [name, value] of values) graph.values.set(name, value);
  }
}

/** Kahn's algorithm, which takes any of the nodes that are ready. */
function reordered(graph: Graph, random: () => number): Node[] {
  const waiting = new Map<Node, number>();
  const readers = new Map<Node, Node[]>();
  for (const node of graph.nodes) {
    const producers = producersOf(node, graph);
    waiting.set(node, producers.size);
    for (const producer of producers) {
      const list = readers.get(producer);
      if (list) list.push(node);
      else readers.set(producer, [node]);
    }
  }
  const ready = graph.nodes.filter((node) => waiting.get(node) === 0);
  const order: Node[] = [];
  while (ready.length > 0) {
    const [node] = ready.splice(Math.floor(random() * ready.length), 1) as [Node];
    order.push(node);
    for (const reader of readers.get(node) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  // A cycle, or a value that is computed twice: such a graph keeps its order.
  return order.length === graph.nodes.length ? order : graph.nodes;
}

/** The nodes of a graph that must have run before one of them, for itself and for the graphs inside it. */
function producersOf(node: Node, graph: Graph): Set<Node> {
  const producers = new Set<Node>();
  const add = ({ inputs }: Node) => {
    for (const value of inputs)
      if (value?.producer && value.graph === graph && value.producer !== node) producers.add(value.producer);
  };
  add(node);
  for (const attribute of node.attributes.values()) {
    const inner =
      attribute.kind === "graph" ? [attribute.value] : attribute.kind === "graphs" ? attribute.value : [];
    for (const top of inner) for (const each of graphsWithin(top)) each.nodes.forEach(add);
  }
  return producers;
}

function shuffled<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
