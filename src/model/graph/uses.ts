import { appended } from "./append.ts";
import type { Graph, Node, Use, Value } from "./graph.ts";

/** Up to here a list is searched faster than an index of it is kept. */
const FEW = 32;

/** Where the uses of a value stand in its list, for values that very many nodes read. */
type Places = Map<Node, Map<number, number>>;
const places = new WeakMap<Value, Places>();

function put(of: Places, { node, index }: Use, at: number): void {
  const inner = of.get(node);
  if (inner) inner.set(index, at);
  else of.set(node, new Map([[index, at]]));
}

export function addUse(value: Value, use: Use): void {
  value.uses = appended(value.uses, use);
  // Fewer are searched through; an index that is out of date is made anew.
  const known = value.uses.length > FEW ? places.get(value) : undefined;
  if (known) put(known, use, value.uses.length - 1);
}

/** Forgets that an input of a node reads the value; nothing happens where it does not. The order of the uses changes. */
export function dropUse(value: Value, node: Node, index: number): void {
  const { uses } = value;
  const at = placeOf(value, node, index);
  if (at < 0) return;
  const last = uses.pop() as Use;
  const known = places.get(value);
  const inner = known?.get(node);
  inner?.delete(index);
  if (inner?.size === 0) known?.delete(node);
  if (at === uses.length) return;
  uses[at] = last;
  if (known) put(known, last, at);
}

function placeOf(value: Value, node: Node, index: number): number {
  const { uses } = value;
  if (uses.length <= FEW) return uses.findIndex((use) => use.node === node && use.index === index);
  const isThere = (at: number | undefined) => {
    const use = at === undefined ? undefined : uses[at];
    return use?.node === node && use.index === index;
  };
  const at = places.get(value)?.get(node)?.get(index);
  if (isThere(at)) return at as number;
  // Somebody else changed the list.
  const anew: Places = new Map();
  uses.forEach((use, place) => {
    put(anew, use, place);
  });
  places.set(value, anew);
  return anew.get(node)?.get(index) ?? -1;
}

/** Moves all uses of one value to another. */
export function moveUses(from: Value, to: Value): void {
  const { uses } = from;
  from.uses = [];
  places.delete(from);
  for (const use of uses) {
    use.node.inputs[use.index] = to;
    addUse(to, use);
  }
}

interface Outputs {
  readonly list: readonly Value[];
  readonly length: number;
  readonly places: Map<Value, number[]>;
}
const outputs = new WeakMap<Graph, Outputs>();

/**
 * Where a value stands among its graph's outputs. The list of outputs is replaced when it changes, or grows, or is changed
 * by `replaceOutput`: nobody else writes into it.
 */
export function outputPlaces(value: Value): readonly number[] {
  const { graph } = value;
  const list = graph.outputs;
  if (list.length <= FEW) {
    return list.includes(value) ? list.flatMap((each, at) => (each === value ? [at] : [])) : NOWHERE;
  }
  let known = outputs.get(graph);
  if (!known || known.list !== list || known.length !== list.length) {
    known = { list, length: list.length, places: new Map() };
    for (const [at, each] of list.entries()) {
      const before = known.places.get(each);
      if (before) before.push(at);
      else known.places.set(each, [at]);
    }
    outputs.set(graph, known);
  }
  return known.places.get(value) ?? NOWHERE;
}

const NOWHERE: readonly number[] = [];

/** Puts another value of the same graph, which is no output yet, into the place of an output. */
export function replaceOutput(from: Value, to: Value): void {
  const { graph } = from;
  const at = outputPlaces(from);
  for (const place of at) graph.outputs[place] = to;
  const known = outputs.get(graph);
  if (known?.list !== graph.outputs) return;
  known.places.delete(from);
  known.places.set(to, [...at]);
}
