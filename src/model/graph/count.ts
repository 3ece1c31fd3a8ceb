import type { Graph, Model } from "./graph.ts";
import { constantsOf, graphsWithin, runGraphsOf } from "./walk.ts";

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

/** Bytes of the same tensors as the file holds them; those of strings, whose length nobody declares, are left out. */
export function countWeightBytes(model: Model): number {
  let bytes = 0;
  for (const { byteLength } of constantsOf(model)) bytes += byteLength;
  return bytes;
}

/** What a runtime has to hold of a model. Whole numbers, or Infinity where they are beyond counting. */
export interface ExpandedSize {
  /** Nodes, those inside subgraphs included. */
  readonly nodes: number;
  /** Constant tensors that graphs hold by name. */
  readonly constants: number;
}

interface Body {
  readonly size: { nodes: number; constants: number };
  /** How often it calls each function. */
  readonly calls: Map<string, number>;
}

/**
 * The size of a model once every call of one of its functions is replaced by the function's body, as runtimes do. Few
 * functions that call each other many times stand for any number of nodes, which is counted without being made.
 * A function that calls itself, which no runtime takes, counts once.
 */
export function expandedSize(model: Model): ExpandedSize {
  const bodies = new Map<string, Body>();
  const names = new Set(model.functions.map(({ domain, name, overload }) => keyOf(domain, name, overload)));
  for (const each of model.functions) {
    bodies.set(keyOf(each.domain, each.name, each.overload), bodyOf(each.graph, names));
  }
  const main = bodyOf(model.graph, names);
  const done = new Map<Body, ExpandedSize>();
  const open = new Set<Body>();
  // Depth first with a stack of its own: how deep functions call each other is the file's choice.
  const stack: Body[] = [main];
  for (let body = stack.at(-1); body; body = stack.at(-1)) {
    const called = [...body.calls].map(([name, times]) => ({ times, callee: bodies.get(name) as Body }));
    const next = open.has(body) ? [] : called.filter(({ callee }) => !done.has(callee) && !open.has(callee));
    open.add(body);
    if (next.length > 0) {
      for (const { callee } of next) stack.push(callee);
      continue;
    }
    stack.pop();
    let { nodes, constants } = body.size;
    for (const { callee, times } of called) {
      const size = done.get(callee);
      if (!size) continue;
      // The call itself gives way to what it stands for.
      nodes += times * (size.nodes - 1);
      constants += times * size.constants;
    }
    done.set(body, { nodes, constants });
  }
  return done.get(main) as ExpandedSize;
}

function bodyOf(graph: Graph, functions: ReadonlySet<string>): Body {
  const body: Body = { size: { nodes: 0, constants: 0 }, calls: new Map() };
  for (const { nodes, values } of graphsWithin(graph)) {
    body.size.nodes += nodes.length;
    for (const value of values.values()) if (value.constant || value.sparse) body.size.constants++;
    if (functions.size === 0) continue;
    for (const { domain, op, overload } of nodes) {
      const key = keyOf(domain, op, overload);
      if (functions.has(key)) body.calls.set(key, (body.calls.get(key) ?? 0) + 1);
    }
  }
  return body;
}

/** Names may hold any character, so that no separator would do. */
function keyOf(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain === "ai.onnx" ? "" : domain, name, overload]);
}
