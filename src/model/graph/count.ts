import type { Model } from "./graph.ts";
import { graphsOf } from "./walk.ts";

/** How often each operator occurs, subgraphs and functions included; other domains as `domain.Op`. */
export function countOperators(model: Model): Record<string, number> {
  const counts = new Map<string, number>();
  for (const graph of graphsOf(model)) {
    for (const { domain, op } of graph.nodes) {
      const name = domain === "" ? op : `${domain}.${op}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Elements of every constant tensor: initializers, sparse ones' values, and tensors in attributes (Constant). */
export function countParameters(model: Model): number {
  let count = 0;
  const add = (shape: readonly number[]) => {
    count += shape.reduce((product, dim) => product * dim, 1);
  };
  for (const graph of graphsOf(model)) {
    for (const value of graph.values.values()) {
      if (value.constant) add(value.constant.shape);
      else if (value.sparse) add(value.sparse.values.shape);
    }
    for (const node of graph.nodes) {
      for (const attribute of node.attributes.values()) {
        if (attribute.kind === "tensor") add(attribute.value.shape);
        else if (attribute.kind === "tensors") for (const each of attribute.value) add(each.shape);
      }
    }
  }
  return count;
}
