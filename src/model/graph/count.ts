import type { Model } from "./graph.ts";
import { constantsOf, runGraphsOf } from "./walk.ts";

/** How often each operator occurs, subgraphs and functions included; other domains as `domain.Op`. */
export function countOperators(model: Model): Record<string, number> {
  const counts = new Map<string, number>();
  for (const graph of runGraphsOf(model)) {
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
  for (const { shape } of constantsOf(model)) count += shape.reduce((product, dim) => product * dim, 1);
  return count;
}
