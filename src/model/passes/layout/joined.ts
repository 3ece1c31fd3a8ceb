import { attribute, intOf } from "../../graph/edit.ts";
import type { Attribute, Graph, Node, Value } from "../../graph/graph.ts";
import { type Extent, isSame } from "../../graph/infer/index.ts";
import { shapeFor } from "../simplify/reshapes.ts";
import { type Rewrite, refersToCaller } from "../simplify/rewrite.ts";
import { isPointwise } from "./elementwise.ts";
import { permOf } from "./gain.ts";
import { normalAxis } from "./passage.ts";
import { keepsOrder, type Permutation } from "./permutation.ts";

/** Nodes between a transposition and where its result is joined: a view, and what is computed of each element. */
const MAX_CHAIN = 8;

/**
 * An input of a Concat that is a view of a transposition, in which `base`, [before…, inner…, outer…], became
 * [before…, outer…, inner…]. The view keeps the axes before, and the one that is joined has all of outer.
 */
interface Strand {
  readonly base: Value;
  readonly before: readonly Extent[];
  /** Elements along the axes that end last, and along those that end before them. */
  readonly inner: number;
  readonly outer: number;
  /** From the transposition on. */
  readonly nodes: readonly Node[];
}

/** Where the inputs of a Concat are joined. */
interface Place {
  readonly concat: Node;
  readonly axis: number;
  /** Of the result. */
  readonly shape: readonly Extent[];
  readonly rewrite: Rewrite;
}

/** Neighbours that can be joined before they are transposed; or one input, of whatever kind. */
interface Part {
  readonly values: Value[];
  readonly strands: Strand[];
}

/**
 * Joins first and transposes the whole then, where a Concat reads views of transpositions whose inner axes have as many elements:
 * the heads of a detector, [N, C, H, W] → [N, H, W, C] → [N, H·W·A, C/A] for several H and W, are [N, C, H·W] joined along the
 * last axis. Elements come in the same order.
 */
export function joinBeforeTransposing(graph: Graph, rewrite: Rewrite): void {
  if (rewrite.opset(graph) < 5) return;
  for (const concat of graph.nodes) {
    if (concat.op !== "Concat" || concat.domain !== "" || refersToCaller(concat)) continue;
    const shape = rewrite.isRemoved(concat) ? null : rewrite.shapeOf(concat.outputs[0]);
    const axis = shape && normalAxis(intOf(concat, "axis", 0), shape.length);
    if (!shape || axis === null) continue;
    const place = { concat, axis, shape, rewrite };
    const parts = partsOf(place);
    if (parts.length < concat.inputs.length) join(parts, place);
  }
}

function partsOf(place: Place): Part[] {
  const parts: Part[] = [];
  for (const [index, value] of place.concat.inputs.entries()) {
    if (!value) continue;
    const strand = strandOf(index, place);
    const last = parts.at(-1);
    if (strand && last?.strands[0]?.inner === strand.inner) {
      last.values.push(value);
      last.strands.push(strand);
    } else parts.push({ values: [value], strands: strand ? [strand] : [] });
  }
  return parts;
}

function strandOf(index: number, { concat, axis, rewrite }: Place): Strand | null {
  const joined = rewrite.shapeOf(concat.inputs[index]);
  const nodes: Node[] = [];
  let [reader, at] = [concat, index];
  while (joined && nodes.length < MAX_CHAIN) {
    const node = rewrite.producer(reader, at);
    if (!node || rewrite.onlyReader(reader.inputs[at]) !== reader) return null;
    nodes.unshift(node);
    const perm = permOf(node, { rewrite, settings: new Map() });
    if (perm) return turned(nodes, perm, joined.slice(axis), joined.slice(0, axis), rewrite);
    if (node.op !== "Reshape" && !isPointwise(node, rewrite)) return null;
    [reader, at] = [node, 0];
  }
  return null;
}

/** @param joined lengths of the view from the joined axis on */
function turned(
  nodes: readonly Node[],
  perm: Permutation,
  joined: readonly Extent[],
  before: readonly Extent[],
  rewrite: Rewrite,
): Strand | null {
  const [base] = nodes[0]?.inputs ?? [];
  const from = rewrite.shapeOf(base);
  const [axis, rank] = [before.length, perm.length];
  if (!base || from?.length !== rank || axis >= rank || keepsOrder(from, perm)) return null;
  const isKept = before.every((dim, i) => perm[i] === i && dim !== 0 && isSame(dim, from[i]));
  const start = perm[axis] as number;
  const isTurn = perm.slice(axis).every((place, i) => place === axis + ((start - axis + i) % (rank - axis)));
  if (!isKept || !isTurn) return null;
  const [inner, outer] = [product(from.slice(axis, start)), product(from.slice(start))];
  const behind = product(joined.slice(1));
  return inner && outer && behind && inner % behind === 0 ? { base, before, inner, outer, nodes } : null;
}

/** null where a length is open. */
function product(dims: readonly Extent[]): number | null {
  let all = 1;
  for (const dim of dims) {
    if (typeof dim !== "number") return null;
    all *= dim;
  }
  return Number.isSafeInteger(all) ? all : null;
}

function join(parts: readonly Part[], place: Place): void {
  const { concat, axis, shape, rewrite } = place;
  // What quantises the whole stays right behind each Concat, where the runtime finds its integer kernel.
  const next = rewrite.onlyReader(concat.outputs[0]);
  const quantize = next?.op === "QuantizeLinear" && isPointwise(next, rewrite) ? next : null;
  const end = quantize ? [quantize] : [];
  const ready = parts.map(({ values, strands }) => {
    const [strand] = strands;
    if (values.length > 1 && strand) return joinedPart(strands, strand, end, place);
    return again(end, values[0] as Value, place);
  });
  const [first] = ready;
  const whole =
    ready.length > 1 ? emit("Concat", ready, shape, place, { axis: attribute.int(axis) }) : (first as Value);
  rewrite.takeOver(whole.producer as Node, quantize ?? concat);
  if (quantize) rewrite.remove(concat);
  for (const { values, strands } of parts)
    if (values.length > 1)
      for (const { nodes } of strands) for (const node of [...nodes].reverse()) rewrite.remove(node);
}

function joinedPart(
  strands: readonly Strand[],
  { before, inner }: Strand,
  end: readonly Node[],
  place: Place,
): Value {
  const { axis, shape } = place;
  const rows = strands.map(({ base, outer, nodes }) =>
    again(nodes.slice(1), viewAs(base, [...before, inner, outer], place), place),
  );
  const outer = strands.reduce((sum, strand) => sum + strand.outer, 0);
  const joined = emit("Concat", rows, [...before, inner, outer], place, { axis: attribute.int(axis + 1) });
  const perm = attribute.ints([...before.keys(), axis + 1, axis]);
  const last = emit("Transpose", [again(end, joined, place)], [...before, outer, inner], place, { perm });
  const behind = shape.slice(axis + 1);
  return viewAs(last, [...before, (outer * inner) / (product(behind) ?? 1), ...behind], place);
}

/** The nodes once more on another value, but for those that only view it otherwise. */
function again(nodes: readonly Node[], value: Value, place: Place): Value {
  const shape = place.rewrite.shapeOf(value);
  return nodes
    .filter(({ op }) => op !== "Reshape")
    .reduce((input, { op, inputs, outputs, attributes }) => {
      const dtype = place.rewrite.dtypeOf(outputs[0]);
      return emit(op, [input, ...inputs.slice(1)], shape, place, attributes, dtype);
    }, value);
}

function viewAs(value: Value, shape: readonly Extent[], place: Place): Value {
  const { concat, rewrite } = place;
  const numbers = shapeFor(shape, rewrite.shapeOf(value)) ?? [];
  return emit("Reshape", [value, rewrite.ints(concat.graph, `${value.name}_shape`, numbers)], shape, place);
}

function emit(
  op: string,
  inputs: readonly (Value | null)[],
  shape: readonly Extent[] | null,
  { concat, rewrite }: Place,
  attributes: Readonly<Record<string, Attribute>> | ReadonlyMap<string, Attribute> = {},
  dtype = rewrite.dtypeOf(inputs[0]),
): Value {
  const output = rewrite.value(concat.graph, `${concat.outputs[0]?.name ?? ""}/joined`, dtype, shape);
  rewrite.insertBefore(concat, { op, inputs, outputs: [output], attributes });
  return output;
}
