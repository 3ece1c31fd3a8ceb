// What shape inference says beside what the runtime knows, value by value.
import type { Graph, InferredTypes, Node, Value } from "../../../src/model/index.ts";
import type { RuntimeGraph, RuntimeType } from "./ort-file.ts";

export interface Tally {
  /** Computed values whose type the runtime knows. */
  runtime: number;
  /** Of these, those of which inference knows all that the runtime does. */
  known: number;
  /** Of these, those of which the runtime knows less. */
  more: number;
  readonly contradictions: string[];
  /** What is missing, by operator. */
  readonly missing: Map<string, string[]>;
}

export function emptyTally(): Tally {
  return { runtime: 0, known: 0, more: 0, contradictions: [], missing: new Map() };
}

/** Compares every value that a node of the graph or of its subgraphs computes. */
export function compareGraph(
  tally: Tally,
  where: string,
  graph: Graph,
  types: InferredTypes,
  runtime: RuntimeGraph,
): void {
  for (const node of graph.nodes) {
    for (const value of node.outputs) {
      const theirs = value && runtime.types.get(value.name);
      if (theirs) compareValue(tally, `${where} ${value.name}`, node, value, types, theirs);
    }
    // A node is the one that computes the same value.
    const first = node.outputs.find((value) => value !== null)?.name;
    const twin = first === undefined ? undefined : runtime.byOutput.get(first);
    for (const [name, attribute] of node.attributes) {
      const inner = twin?.subgraphs.get(name);
      if (inner && attribute.kind === "graph") compareGraph(tally, where, attribute.value, types, inner);
    }
  }
}

function compareValue(
  tally: Tally,
  where: string,
  node: Node,
  value: Value,
  types: InferredTypes,
  theirs: RuntimeType,
): void {
  if (theirs.dtype === null) return;
  tally.runtime++;
  const ours = types.typeOf(value);
  const verdict = verdictOn(ours, theirs);
  const operator = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
  const text = `${where}: ${operator} ${written(ours)}, the runtime ${written(theirs)}`;
  if (verdict === "contradicts") tally.contradictions.push(text);
  else if (verdict === "less") {
    const before = tally.missing.get(operator);
    if (before) before.push(text);
    else tally.missing.set(operator, [text]);
  } else {
    tally.known++;
    if (verdict === "more") tally.more++;
  }
}

type Verdict = "contradicts" | "less" | "same" | "more";
type Ours = ReturnType<InferredTypes["typeOf"]>;

function verdictOn(ours: Ours, theirs: RuntimeType): Verdict {
  if (!ours) return "less";
  if (ours.kind !== theirs.kind) return "contradicts";
  const tensor = ours.kind === "sequence" ? ours.element : ours;
  if (!tensor || !("shape" in tensor)) return "less";
  if (tensor.dtype !== theirs.dtype) return "contradicts";
  // Of an element of a sequence the runtime's own shape is that of one element, not of all.
  if (theirs.shape === null || ours.kind === "sequence") return tensor.shape ? "more" : "same";
  if (!tensor.shape) return "less";
  if (tensor.shape.length !== theirs.shape.length) return "contradicts";
  let verdict: Verdict = "same";
  for (const [axis, dim] of tensor.shape.entries()) {
    const other = theirs.shape[axis] ?? null;
    if (typeof dim === "number" && typeof other === "number" && dim !== other) return "contradicts";
    if (dim === null ? other !== null : typeof dim === "string" && typeof other === "number")
      verdict = "less";
    else if (verdict !== "less" && dim !== null && other === null) verdict = "more";
  }
  return verdict;
}

function written(type: Ours | RuntimeType): string {
  if (!type) return "nothing";
  const of = "element" in type ? type.element : type;
  const shape =
    of && "shape" in of && of.shape ? `[${of.shape.map((dim) => dim ?? "?").join(", ")}]` : "[...]";
  return `${type.kind} ${of && "dtype" in of ? of.dtype : "?"}${shape}`;
}

/** The tally as a line, and what is missing where it is asked for. */
export function report(title: string, tally: Tally, details: boolean): string {
  const share = tally.runtime === 0 ? 1 : tally.known / tally.runtime;
  const lines = [
    `${title}: the runtime knows ${tally.runtime} values, ours ${tally.known} of them (${(100 * share).toFixed(2)} %), ` +
      `${tally.more} of these better; ${tally.contradictions.length} contradictions`,
  ];
  if (details) {
    const byCount = [...tally.missing].sort(([, a], [, b]) => b.length - a.length);
    for (const [operator, texts] of byCount)
      lines.push(`  ${operator}: ${texts.length}`, ...texts.slice(0, 3).map((text) => `    ${text}`));
  }
  return lines.join("\n");
}
