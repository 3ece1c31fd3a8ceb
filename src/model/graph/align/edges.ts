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
  let producers: ReadonlyMap<Node, number> | null = null;
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
      if (value?.producer) {
        let producer = nearProducer(nodes, i, value);
        if (producer < 0) {
          producers ??= placesOf(nodes);
          producer = producers.get(value.producer) ?? -1;
        }
        if (producer >= 0) {
          edges.producer[e] = producer;
          const { outputs } = nodes[producer] as Node;
          if (outputs[0] !== value) edges.output[e] = Math.max(0, outputs.indexOf(value));
          (edges.outStart[producer + 1] as number)++;
        }
      }
      e++;
    }
  }
  return { ...edges, leaving: leavingOf(edges.producer, edges.outStart) };
}

function placesOf(nodes: readonly Node[]): Map<Node, number> {
  const places = new Map<Node, number>();
  for (const [i, node] of nodes.entries()) places.set(node, i);
  return places;
}

/** Most of what a node reads was computed just before it. */
const NEAR = 4;

function nearProducer(nodes: readonly Node[], reader: number, value: Value): number {
  for (let i = reader - 1; i >= 0 && i >= reader - NEAR; i--) if (nodes[i] === value.producer) return i;
  return -1;
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
