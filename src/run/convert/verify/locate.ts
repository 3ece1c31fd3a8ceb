import type { Graph, Node, Value } from "../../../model/graph/graph.ts";
import { graphsWithin, isConstant, isOutput, subgraphsOf } from "../../../model/graph/index.ts";
import { evaluateExtent, isSymbol } from "../../../model/graph/infer/index.ts";
import { byteLengthOf, type Tensors } from "../../../model/tensor/index.ts";
import { type Comparison, compareTensors, type Tolerance } from "./compare.ts";
import { type Compared, type Look, lookOf, twinOf } from "./looks.ts";
import { openCompared, refusalOf, runOrRefuse, type VerifiedModel } from "./side.ts";

/** A node, for a message. */
export interface NamedNode {
  readonly name: string;
  readonly op: string;
}

/** Where two models begin to differ. */
export interface FirstDifference {
  /** The value by its name in the original and in the result, and the nodes that compute it. */
  readonly value: string;
  readonly valueInResult: string;
  readonly node: NamedNode;
  readonly nodeInResult: NamedNode;
  readonly comparison: Comparison;
  /** Nodes that stand between here and the values before that agree, where a node has no counterpart; the first few. */
  readonly between: { readonly original: readonly NamedNode[]; readonly result: readonly NamedNode[] };
}

/** Answers that are held at once, in bytes; an activation of unknown size is taken to have a megabyte. */
const BATCH_BYTES = 128 * 2 ** 20;
const UNKNOWN_BYTES = 2 ** 20;
const BATCH_VALUES = 512;
/** Values looked at behind a difference to see whether it matters. */
const MAX_BEHIND = 64;
const MAX_NAMED = 6;

/**
 * Finds the first value in between that differs, in the order of the original. Both models run again and again with some of
 * their values as further outputs, as many at a time as fit into memory, and node by node, so that what is looked at is not
 * rearranged by being looked at. A value that differs but whose readers all agree
 * is no cause: a pass may have given its name to something else.
 * @returns null where all values agree as soon as they are looked at
 */
export async function locateDifference(
  of: Compared,
  feeds: Tensors,
  tolerance: Tolerance,
  signal?: AbortSignal,
): Promise<FirstDifference | null> {
  const looks = looksInside(of);
  const known = new Map<Value, Comparison | null>();
  const compare = async (some: readonly Look[]) => {
    for (const [look, comparison] of await compareLooks(of, some, feeds, tolerance, signal)) {
      known.set(look.original.value, comparison);
    }
  };
  const around = owners(of.original.model.graph);
  const byValue = new Map(looks.map((look) => [look.original.value, look]));
  for (const batch of batches(looks, of, feeds)) {
    await compare(batch);
    for (const look of batch) {
      const comparison = known.get(look.original.value);
      if (!comparison || comparison.agrees) continue;
      const next = readersOf(look.original.value, byValue, around);
      await compare(next.filter((each) => !known.has(each.original.value)));
      if (
        isOutput(look.original.value) ||
        next.some((each) => known.get(each.original.value)?.agrees === false)
      ) {
        return describe(look, comparison, byValue);
      }
    }
  }
  return null;
}

/** Every value of the main graph that a node computes and that has a counterpart, in the original's order. */
function looksInside(of: Compared): Look[] {
  const looks: Look[] = [];
  for (const node of of.original.model.graph.nodes) {
    if (isConstant(node)) continue;
    for (const value of node.outputs) {
      const twin = value && twinOf(of, value);
      const look = value && twin ? lookOf(of, value.name, value, twin) : null;
      if (look) looks.push(look);
    }
  }
  return looks;
}

function* batches(looks: readonly Look[], of: Compared, feeds: Tensors): Generator<Look[]> {
  const lengths = lengthsOf(of, feeds);
  let batch: Look[] = [];
  let bytes = 0;
  for (const look of looks) {
    const size = sizeOf(of, look.original.value, lengths);
    if (batch.length > 0 && (bytes + size > BATCH_BYTES || batch.length >= BATCH_VALUES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(look);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** What the symbols of the original's inputs are under these feeds. */
function lengthsOf({ original, originalTypes }: Compared, feeds: Tensors): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const input of original.model.graph.inputs) {
    const fed = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    for (const [axis, extent] of (originalTypes.shapeOf(input) ?? []).entries()) {
      const length = fed?.shape[axis];
      if (length !== undefined && typeof extent !== "number" && isSymbol(extent))
        lengths.set(extent.key, length);
    }
  }
  return lengths;
}

function sizeOf({ originalTypes }: Compared, value: Value, lengths: ReadonlyMap<string, number>): number {
  const type = originalTypes.typeOf(value) ?? value.type;
  const shape = originalTypes.shapeOf(value);
  if (type?.kind !== "tensor" || !shape) return UNKNOWN_BYTES;
  let count = 1;
  for (const extent of shape) {
    const length = evaluateExtent(extent, lengths);
    if (length === null) return UNKNOWN_BYTES;
    count *= length;
  }
  return byteLengthOf(type.dtype, count);
}

/** Runs both models with these values as outputs. A batch that the runtime refuses is halved until it is known which. */
async function compareLooks(
  of: Compared,
  looks: readonly Look[],
  feeds: Tensors,
  tolerance: Tolerance,
  signal?: AbortSignal,
): Promise<Map<Look, Comparison | null>> {
  const found = new Map<Look, Comparison | null>();
  const waiting = looks.length > 0 ? [looks] : [];
  for (let some = waiting.pop(); some; some = waiting.pop()) {
    const original = await answers(of.original, some, "original", feeds, signal);
    const result = original && (await answers(of.result, some, "result", feeds, signal));
    if (!original || !result) {
      const half = some.length >> 1;
      if (half === 0) found.set(some[0] as Look, null);
      else waiting.push(some.slice(half), some.slice(0, half));
      continue;
    }
    for (const look of some) {
      const [a, b] = [original.get(look.original.name), result.get(look.result.name)];
      found.set(look, a && b ? compareTensors(a, b, tolerance) : null);
    }
  }
  return found;
}

async function answers(
  model: VerifiedModel,
  looks: readonly Look[],
  side: "original" | "result",
  feeds: Tensors,
  signal?: AbortSignal,
) {
  const seen = looks.map((look) => look[side]);
  const added = new Map(seen.flatMap(({ name, added }) => (added ? [[name, added] as const] : [])));
  try {
    await using session = await openCompared(model, [...added.values()], {
      optimize: false,
      ...(signal ? { signal } : {}),
    });
    const readable = new Set(session.signature.outputs.map(({ name }) => name));
    const names = [...new Set(seen.map(({ name }) => name))].filter((name) => readable.has(name));
    const ran = await runOrRefuse(session, feeds, names, signal);
    return "refusal" in ran ? null : ran.outputs;
  } catch (error) {
    refusalOf(error);
    return null;
  }
}

/** The nearest values behind one that have a counterpart. */
function readersOf(
  value: Value,
  byValue: ReadonlyMap<Value, Look>,
  around: ReadonlyMap<Graph, Node>,
): Look[] {
  const found = new Set<Look>();
  const seen = new Set<Value>([value]);
  const waiting = [value];
  for (let next = waiting.pop(); next && found.size < MAX_BEHIND; next = waiting.pop()) {
    for (const { node } of next.uses) {
      for (const output of (around.get(node.graph) ?? node).outputs) {
        if (!output || seen.has(output)) continue;
        seen.add(output);
        const look = byValue.get(output);
        if (look) found.add(look);
        else waiting.push(output);
      }
    }
  }
  return [...found];
}

/** The node of the main graph in which a graph inside it stands. */
function owners(graph: Graph): Map<Graph, Node> {
  const found = new Map<Graph, Node>();
  for (const node of graph.nodes) {
    for (const inner of subgraphsOf(node)) for (const each of graphsWithin(inner)) found.set(each, node);
  }
  return found;
}

function describe(look: Look, comparison: Comparison, byValue: ReadonlyMap<Value, Look>): FirstDifference {
  const twins = new Set([...byValue.values()].map(({ result }) => result.value));
  const { original, result } = look;
  return {
    value: original.value.name,
    valueInResult: result.value.name,
    node: named(original.value.producer as Node),
    nodeInResult: named(result.value.producer as Node),
    comparison,
    between: {
      original: unmatchedBefore(original.value, (value) => byValue.has(value)),
      result: unmatchedBefore(result.value, (value) => twins.has(value)),
    },
  };
}

/** Nodes between a value and the nearest values before it that have a counterpart. */
function unmatchedBefore(value: Value, isKnown: (value: Value) => boolean): NamedNode[] {
  const found = new Set<Node>();
  const waiting = [value];
  for (let next = waiting.pop(); next && found.size < MAX_NAMED; next = waiting.pop()) {
    for (const input of next.producer?.inputs ?? []) {
      const node = input?.producer;
      if (!node || isConstant(node) || isKnown(input) || found.has(node)) continue;
      found.add(node);
      waiting.push(input);
    }
  }
  return [...found].map(named);
}

function named({ name, op, domain }: Node): NamedNode {
  return { name, op: domain === "" ? op : `${domain}.${op}` };
}
