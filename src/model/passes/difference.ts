import type { Attribute, Model, Node } from "../graph/graph.ts";
import { graphsOf } from "../graph/walk.ts";
import type { LazyTensor } from "../tensor/tensor.ts";

/** What changed between two moments of a model, its subgraphs and functions included. */
export interface Difference {
  /** Nodes that went and came. */
  readonly removed: number;
  readonly added: number;
  /** Nodes that stayed and are of another operator, have other attributes, or read more or fewer values. */
  readonly changed: number;
  /** Constant tensors that went and came. */
  readonly constants: { readonly removed: number; readonly added: number };
}

/** A model at one moment. */
export interface Snapshot {
  readonly nodes: ReadonlyMap<Node, State | null>;
  readonly constants: ReadonlySet<LazyTensor>;
}

interface State {
  readonly op: string;
  readonly domain: string;
  /** A copy, since attributes are set in place. */
  readonly attributes: readonly Attribute[];
  readonly reads: number;
}

/** In larger models only the coming and going of nodes is watched: what they are takes as long to look at as a pass to run. */
const MOST_WATCHED = 100_000;

export function snapshotOf(model: Model): Snapshot {
  const nodes = new Map<Node, State | null>();
  const constants = new Set<LazyTensor>();
  const graphs = [...graphsOf(model)];
  const isWatched = graphs.reduce((sum, graph) => sum + graph.nodes.length, 0) <= MOST_WATCHED;
  for (const graph of graphs) {
    for (const node of graph.nodes) nodes.set(node, isWatched ? stateOf(node) : null);
    if (!isWatched) continue;
    for (const { constant } of graph.values.values()) if (constant) constants.add(constant);
  }
  return { nodes, constants };
}

function stateOf({ op, domain, attributes, inputs }: Node): State {
  return { op, domain, attributes: [...attributes.values()], reads: inputs.filter(Boolean).length };
}

export function differenceOf(before: Snapshot, after: Snapshot): Difference {
  let [removed, added, changed] = [0, 0, 0];
  for (const [node, old] of before.nodes) {
    const now = after.nodes.get(node);
    if (now === undefined) removed++;
    else if (old && now && !isSame(old, now)) changed++;
  }
  for (const node of after.nodes.keys()) if (!before.nodes.has(node)) added++;
  const constants = {
    removed: missing(before.constants, after.constants),
    added: missing(after.constants, before.constants),
  };
  return { removed, added, changed, constants };
}

function isSame(a: State, b: State): boolean {
  return (
    a.op === b.op &&
    a.domain === b.domain &&
    a.reads === b.reads &&
    a.attributes.length === b.attributes.length &&
    a.attributes.every((attribute, i) => attribute === b.attributes[i])
  );
}

function missing(from: ReadonlySet<LazyTensor>, of: ReadonlySet<LazyTensor>): number {
  let count = 0;
  for (const each of from) if (!of.has(each)) count++;
  return count;
}

/** Two differences, one after the other. */
export function sumOf(a: Difference, b: Difference): Difference {
  return {
    removed: a.removed + b.removed,
    added: a.added + b.added,
    changed: a.changed + b.changed,
    constants: {
      removed: a.constants.removed + b.constants.removed,
      added: a.constants.added + b.constants.added,
    },
  };
}

export const NO_DIFFERENCE: Difference = {
  removed: 0,
  added: 0,
  changed: 0,
  constants: { removed: 0, added: 0 },
};
