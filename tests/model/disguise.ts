import { graphsOf, Names, rename } from "../../src/model/graph/index.ts";
import type { Model, Node } from "../../src/model/index.ts";
import { seeded } from "../runtime/tensors.ts";

/** Every value and node gets another name, and nodes change places where nothing forbids it. */
export function disguise(model: Model, seed: number): void {
  const random = seeded(seed);
  const names = new Names(model);
  for (const graph of graphsOf(model)) {
    const isTop = graph === model.graph;
    const kept = new Set(isTop ? [...graph.inputs, ...graph.outputs] : []);
    for (const value of [...graph.values.values()]) if (!kept.has(value)) rename(value, names.fresh("v"));
    const order = graph.nodes.map((node) => node);
    for (const node of order) node.name = "";
    for (let turn = 0; order.length > 1 && turn < order.length * 4; turn++) {
      const i = Math.floor(random() * (order.length - 1));
      const [one, two] = [order[i] as Node, order[i + 1] as Node];
      const reads = (node: Node): boolean =>
        [...node.inputs].some((value) => value?.producer === one) ||
        [...node.attributes.values()].some((each) => each.kind === "graph" && each.value.nodes.some(reads));
      if (!reads(two)) [order[i], order[i + 1]] = [two, one];
    }
    graph.nodes = order;
  }
}
