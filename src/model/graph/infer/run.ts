import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Attribute, Graph, Model, ModelFunction, Node, Value } from "../graph.ts";
import { graphsOf } from "../walk.ts";
import { type Extent, extentOf } from "./extent/index.ts";
import type { Elements, Fact } from "./fact.ts";
import type { About } from "./rule.ts";

/** Where what a file declares, or how its operators are joined, cannot be. */
export interface Contradiction {
  readonly node: Node | null;
  readonly value: Value | null;
  readonly problem: string;
  /** The input of the node that is wrong, where it is one. */
  readonly about?: Value;
  /** What can be done, one sentence; absent where only the general advice is known. */
  readonly remedy?: string;
  /** A value is declared to be of another type than it is, which is worse than another shape. */
  readonly isType?: boolean;
}

/** What one inference keeps while it goes through the graphs. */
export interface Run {
  readonly model: Model;
  readonly functions: ReadonlyMap<string, ModelFunction>;
  readonly signal: AbortSignal | undefined;
  /** Whether shapes that the file declares of computed values are believed. */
  readonly declaredShapes: boolean;
  /** Symbols of the model's inputs by name. */
  readonly names: Map<string, Extent>;
  /** Contents of the small constants that were read; null for one that is not small. */
  readonly constants: Map<LazyTensor, Elements | null>;
  /** Constants that are inputs of the model too. */
  readonly overridable: ReadonlySet<Value>;
  readonly contradictions: Contradiction[];
  /** Facts of the main graph and of what it contains; those of functions, common to all their calls. */
  readonly facts: Map<Value, Fact>;
  /** Answers of functions by what they were called with. */
  readonly answers: Map<string, readonly Fact[]>;
  /** Nodes that may still be visited: nested loops and functions visit a node again and again. */
  visits: number;
  /** Arithmetic on lengths that may still be done (extent/extent.ts, `ticksSoFar`). */
  ticks: number;
  /** Graphs of which nothing is known any more, since visits or arithmetic ran out. */
  readonly forgotten: Set<Graph>;
  /** Elements that may still be kept. */
  elements: number;
  symbols: number;
}

/** A graph's surroundings: a function's body sees nothing of the graph that calls it. */
export interface Scope {
  readonly facts: Map<Value, Fact>;
  readonly opsets: ReadonlyMap<string, number>;
  /** Of the node that calls the function. */
  readonly attributes: ReadonlyMap<string, Attribute> | null;
  /** The functions around, by which recursion is seen. */
  readonly calls: readonly ModelFunction[];
}

/** A node is visited several times where loops and functions nest: so often on average, before inference gives up. */
const VISITS_PER_NODE = 4;
/** Small models may visit their few nodes as often as they like. */
const FREE_VISITS = 200_000;
/**
 * Arithmetic for one inference: about half a second. Real models take four ticks a node, and none of those at hand more than two
 * thousand; a hostile graph divides polynomials in each of a million nodes.
 */
const MAX_TICKS = 1_000_000;
/** Contents take 8 bytes an element: at most 32 MB. */
const MAX_ELEMENTS_KEPT = 4_000_000;

export function startRun(model: Model, signal: AbortSignal | undefined, declaredShapes: boolean): Run {
  let nodes = 0;
  for (const graph of graphsOf(model)) nodes += graph.nodes.length;
  return {
    model,
    functions: new Map(
      model.functions.map((each) => [functionKey(each.domain, each.name, each.overload), each]),
    ),
    signal,
    declaredShapes,
    names: new Map(),
    constants: new Map(),
    overridable: new Set(model.graph.inputs.filter(({ constant, sparse }) => constant || sparse)),
    contradictions: [],
    facts: new Map(),
    answers: new Map(),
    forgotten: new Set(),
    visits: FREE_VISITS + VISITS_PER_NODE * nodes,
    ticks: MAX_TICKS,
    elements: MAX_ELEMENTS_KEPT,
    symbols: 0,
  };
}

export function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain === "ai.onnx" ? "" : domain, name, overload]);
}

/** A length of which nothing is known. */
export function freshExtent(run: Run, name: string | null = null, isInput = false): Extent {
  return extentOf({ kind: "symbol", key: `$${run.symbols++}`, name, isInput });
}

/** What exporters write where they know nothing, height and width alike: "?", "*", "None". */
const NO_NAME = /^[^\p{L}\p{N}]*$|^(none|null|nil|undefined|unknown|dynamic|any)$/iu;

/** A length of the model's inputs: equal names are equal lengths (ONNX IR, "Static tensor shapes"). */
export function inputExtent(run: Run, dim: number | string | null): Extent {
  if (typeof dim === "number") return dim;
  if (dim === null || NO_NAME.test(dim)) return freshExtent(run, dim, true);
  let extent = run.names.get(dim);
  if (!extent) {
    extent = freshExtent(run, dim, true);
    run.names.set(dim, extent);
  }
  return extent;
}

/** Contradictions that are kept; a hostile file makes one a node. */
const MAX_CONTRADICTIONS = 1_000;

export function contradict(
  run: Run,
  node: Node | null,
  value: Value | null,
  problem: string,
  { input, remedy, isType }: About = {},
): void {
  const { contradictions } = run;
  if (contradictions.length >= MAX_CONTRADICTIONS) return;
  const last = contradictions.at(-1);
  if (last?.node === node && last.value === value && last.problem === problem) return;
  const about = input === undefined ? null : (node?.inputs[input] ?? null);
  contradictions.push({
    node,
    value,
    problem,
    ...(about && { about }),
    ...(remedy && { remedy }),
    ...(isType && { isType }),
  });
}
