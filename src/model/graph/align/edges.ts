import type { Node, Value } from "../graph.ts";

/**
 * Who reads whom among the nodes of one graph, in flat arrays: looking a node up in a map takes longer than all the rest.
 * Edge e of node i has inStart[i] ≤ e < inStart[i + 1], one for each input in order.
 */
export interface Edges {
  readonly inStart: Int32Array;
  /** By edge: the node that computes the input, −1 where none of this graph does; and which of its outputs it is. */
  readonly producer: Int32Array;
  readonly output: Int32Array;
  /** Edges that leave node i are leaving[outStart[i]] to leaving[outStart[i + 1] − 1], in the order of their readers. */
  readonly outStart: Int32Array;
  readonly leaving: Int32Array;
  /** By edge: the node that reads. */
  readonly reader: Int32Array;
}

export function edgesOf(nodes: readonly Node[]): Edges {
  const producerOf = new Map<Value, number>();
  const outputOf = new Map<Value, number>();
  for (const [i, node] of nodes.entries()) {
    for (const [k, value] of node.outputs.entries()) {
      if (!value) continue;
      producerOf.set(value, i);
      if (k > 0) outputOf.set(value, k);
    }
  }
  const inStart = new Int32Array(nodes.length + 1);
  for (const [i, node] of nodes.entries()) inStart[i + 1] = (inStart[i] as number) + node.inputs.length;
  const count = inStart[nodes.length] as number;
  const edges = {
    inStart,
    producer: new Int32Array(count).fill(-1),
    output: new Int32Array(count),
    reader: new Int32Array(count),
    outStart: new Int32Array(nodes.length + 1),
    leaving: new Int32Array(0),
  };
  let e = 0;
  for (const [i, node] of nodes.entries()) {
    for (const value of node.inputs) {
      edges.reader[e] = i;
      const producer = value ? producerOf.get(value) : undefined;
      if (value && producer !== undefined) {
        edges.producer[e] = producer;
        if (outputOf.size > 0) edges.output[e] = outputOf.get(value) ?? 0;
        (edges.outStart[producer + 1] as number)++;
      }
      e++;
    }
  }
  return { ...edges, leaving: leavingOf(edges.producer, edges.outStart) };
}

/** Turns the counts in `start` into sums and puts the edges in their places. */
function leavingOf(producer: Int32Array, start: Int32Array): Int32Array {
  for (let i = 1; i < start.length; i++) start[i] = (start[i] as number) + (start[i - 1] as number);
  const next = start.slice();
  const leaving = new Int32Array(start.at(-1) as number);
  for (let e = 0; e < producer.length; e++) {
    const from = producer[e] as number;
    if (from < 0) continue;
    const at = next[from] as number;
    next[from] = at + 1;
    leaving[at] = e;
  }
  return leaving;
}
