import type { DType } from "../../tensor/dtype.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Attribute, Graph, ModelFunction, Node, Value } from "../graph.ts";
import { newestOpset, schemaOf } from "../schema/index.ts";
import { graphsWithin, subgraphsOf } from "../walk.ts";
import { constantElements, constantIndices, isFixed, readConstants, unreadConstants } from "./constants.ts";
import { withDeclared } from "./declared.ts";
import { defaultType } from "./defaults.ts";
import { asDtype, MAX_ELEMENTS } from "./elements.ts";
import { type Extent, isSame, ticksSoFar } from "./extent/index.ts";
import { commonFact, type Elements, type Fact, factKey, MAX_RANK, NOTHING } from "./fact.ts";
import { ruleOf } from "./operators/table.ts";
import type { About, Application, Output, Outputs } from "./rule.ts";
import { contradict, freshExtent, functionKey, type Run, type Scope } from "./run.ts";

/**
 * Infers every value of a graph, in the order of its nodes.
 * @param inputs of a subgraph or function; those of the main graph have their facts already
 * @returns what is known of the graph's outputs
 */
export async function inferGraph(
  run: Run,
  scope: Scope,
  graph: Graph,
  inputs: readonly (Fact | null)[],
): Promise<readonly Fact[]> {
  graph.inputs.forEach((value, i) => {
    const fact = inputs[i];
    if (fact) scope.facts.set(value, withDeclared(run, value, fact));
    else if (!scope.facts.has(value) && !isFixed(run, value))
      scope.facts.set(value, withDeclared(run, value, NOTHING));
  });
  for (let i = 0; i < graph.nodes.length; i++) {
    const node = graph.nodes[i] as Node;
    if (i % 1024 === 0) run.signal?.throwIfAborted();
    if (run.visits-- <= 0 || run.ticks <= 0) {
      forget(run, scope, graph, i);
      break;
    }
    const unread = unreadConstants(run, node);
    if (unread.length > 0) await readConstants(run, unread);
    const outputs = apply(run, scope, node);
    settle(run, scope, node, outputs instanceof Promise ? await outputs : outputs);
  }
  return graph.outputs.map((value) => factOf(run, scope, value) ?? NOTHING);
}

/** Of nodes that are visited no more, what an earlier visit found may no longer hold. Each graph is gone through once. */
function forget(run: Run, scope: Scope, graph: Graph, first: number): void {
  const nothing = (value: Value | null) => {
    if (value && !isFixed(run, value)) scope.facts.set(value, withDeclared(run, value, NOTHING));
  };
  if (first === 0 && run.forgotten.has(graph)) return;
  if (first === 0) run.forgotten.add(graph);
  for (let i = first; i < graph.nodes.length; i++) {
    const node = graph.nodes[i] as Node;
    node.outputs.forEach(nothing);
    for (const inner of subgraphsOf(node)) {
      for (const each of graphsWithin(inner)) {
        if (run.forgotten.has(each)) continue;
        run.forgotten.add(each);
        for (const value of each.values.values()) nothing(value);
      }
    }
  }
}

/** What is known of a value at this point; constants tell it themselves. */
export function factOf(run: Run, scope: Scope, value: Value): Fact | null {
  const found = scope.facts.get(value);
  if (found) return found;
  const { constant, sparse } = value;
  if (!constant && !sparse) return null;
  const dtype = constant?.dtype ?? sparse?.values.dtype ?? null;
  const shape = constant?.shape ?? sparse?.shape ?? null;
  const fact: Fact = { type: { kind: "tensor", dtype, shape }, elements: constantElements(run, value) };
  scope.facts.set(value, fact);
  return fact;
}

type Answer = readonly (Fact | null)[];

function apply(run: Run, scope: Scope, node: Node): Answer | Promise<Answer> {
  const inputs = node.inputs.map((value) => (value ? (factOf(run, scope, value) ?? NOTHING) : null));
  const called =
    run.functions.size > 0 ? run.functions.get(functionKey(node.domain, node.op, node.overload)) : undefined;
  if (called) return call(run, scope, node, called, inputs);
  const version = versionOf(scope, node.domain);
  const rule = ruleOf(node.domain, node.op);
  const before = ticksSoFar();
  const outputs = rule ? rule(new AppliedNode(run, scope, node, version, inputs)) : [];
  // What has graphs inside is paid for by their nodes.
  if (outputs instanceof Promise) return finishedLater(run, node, version, inputs, outputs);
  const answer = finished(run, node, version, inputs, outputs);
  run.ticks -= ticksSoFar() - before;
  return answer;
}

async function finishedLater(
  run: Run,
  node: Node,
  version: number,
  inputs: readonly (Fact | null)[],
  outputs: Promise<Outputs>,
): Promise<Answer> {
  return finished(run, node, version, inputs, await outputs);
}

function versionOf(scope: Scope, domain: string): number {
  // Files older than operator sets (IR 2) import none.
  return scope.opsets.get(domain) ?? (domain === "" ? 1 : (newestOpset(domain) ?? 0));
}

/** There is one for each of a million nodes: what it answers are methods, of which there is one for all. */
class AppliedNode implements Application {
  readonly node: Node;
  readonly version: number;
  readonly inputs: readonly (Fact | null)[];
  readonly #run: Run;
  readonly #scope: Scope;

  constructor(run: Run, scope: Scope, node: Node, version: number, inputs: readonly (Fact | null)[]) {
    this.node = node;
    this.version = version;
    this.inputs = inputs;
    this.#run = run;
    this.#scope = scope;
  }

  attribute(name: string): Attribute | undefined {
    return resolved(this.#scope, this.node.attributes.get(name));
  }

  elementsOf(tensor: LazyTensor): Elements | null {
    return this.#run.constants.get(tensor) ?? null;
  }

  indices(): Elements | null {
    return constantIndices(this.#run, this.node);
  }

  infer(graph: Graph, inputs: readonly (Fact | null)[]): Promise<readonly Fact[]> {
    return inferGraph(this.#run, this.#scope, graph, inputs);
  }

  fresh(): Extent {
    return freshExtent(this.#run);
  }

  conflict(problem: string, about?: About): void {
    contradict(this.#run, this.node, null, problem, about);
  }
}

function resolved(scope: Scope, attribute: Attribute | undefined): Attribute | undefined {
  return attribute?.kind === "reference" ? scope.attributes?.get(attribute.value) : attribute;
}

/** A rule's outputs as facts, with the schema's types where the rule says none. */
function finished(
  run: Run,
  node: Node,
  version: number,
  inputs: readonly (Fact | null)[],
  outputs: Outputs,
): Answer {
  const schema = schemaOf(node.domain, node.op, version);
  return node.outputs.map((value, index) => {
    if (!value) return null;
    const output = outputs[index] ?? null;
    if (output?.kind !== undefined) return { type: output, elements: null };
    const needsType = !output || output.dtype === undefined || output.dtype === null;
    const fallback = needsType && schema ? defaultType(schema, inputs, index) : null;
    if (!output) return { type: fallback, elements: null };
    const dtype = output.dtype ?? (fallback && "dtype" in fallback ? fallback.dtype : null);
    const shape = shapeFrom(run, node, output.shape ?? null);
    return tensorFact(dtype, shape, elementsOf(run, dtype, output, shape), inputs);
  });
}

/** Most nodes give a tensor of the type of one that they take: then the fact is that one's, or the type in it. */
function tensorFact(
  dtype: DType | null,
  shape: readonly Extent[] | null,
  elements: Elements | null,
  inputs: readonly (Fact | null)[],
): Fact {
  for (let i = 0; i < inputs.length && i < 3; i++) {
    const fact = inputs[i];
    const type = fact?.type;
    if (type?.kind !== "tensor" || type.dtype !== dtype || type.shape !== shape) continue;
    return fact?.elements === elements ? fact : { type, elements };
  }
  return { type: { kind: "tensor", dtype, shape }, elements };
}

/** The array itself where nothing is missing: most shapes of a model are those of another value. */
function shapeFrom(run: Run, node: Node, shape: readonly (Extent | null)[] | null): readonly Extent[] | null {
  if (!shape || shape.length > MAX_RANK) return null;
  const isWhole = shape.every((dim) => dim !== null && (typeof dim !== "number" || isLength(dim)));
  return isWhole ? (shape as readonly Extent[]) : shape.map((dim, axis) => lengthFrom(run, node, axis, dim));
}

function isLength(dim: number): boolean {
  return Number.isSafeInteger(dim) && dim >= 0;
}

function lengthFrom(run: Run, node: Node, axis: number, dim: Extent | null): Extent {
  if (typeof dim === "number" && !isLength(dim)) {
    contradict(run, node, null, `dimension ${axis} would be ${dim}`);
    return freshExtent(run);
  }
  return dim ?? freshExtent(run);
}

/** Contents are kept where they are short, of rank 0 or 1, and say anything at all. */
function elementsOf(
  run: Run,
  dtype: DType | null,
  output: Output & { kind?: undefined },
  shape: readonly Extent[] | null,
): Elements | null {
  const { elements } = output;
  if (!elements || !shape || shape.length > 1 || elements.length > MAX_ELEMENTS) return null;
  if (!isSame(shape[0] ?? 1, elements.length) || elements.every((each) => each === null)) return null;
  run.elements -= elements.length;
  return run.elements < 0 ? null : asDtype(elements, dtype);
}

function settle(run: Run, scope: Scope, node: Node, answer: Answer): void {
  const { outputs } = node;
  for (let index = 0; index < outputs.length; index++) {
    const value = outputs[index];
    // Of two nodes that compute one value, the reader keeps the first.
    if (value?.producer === node) scope.facts.set(value, withDeclared(run, value, answer[index] ?? NOTHING));
  }
}

/** Functions within functions; each level of a real model is a module of the network. */
const MAX_CALLS = 64;
/** Longer keys of what a function was called with are not kept: the call is inferred again. */
const MAX_KEY = 20_000;

/** A function of the model: its body, with the facts of this call. */
async function call(
  run: Run,
  scope: Scope,
  node: Node,
  called: ModelFunction,
  inputs: readonly (Fact | null)[],
): Promise<Answer> {
  if (scope.calls.length >= MAX_CALLS || scope.calls.includes(called)) {
    contradict(run, node, null, `the function ${called.name} calls itself, or too many others`);
    return [];
  }
  const attributes = new Map<string, Attribute>(called.defaults ?? []);
  for (const [name, attribute] of node.attributes) {
    const value = resolved(scope, attribute);
    if (value) attributes.set(name, value);
  }
  const key = callKey(called, attributes, inputs);
  const known = key === null ? undefined : run.answers.get(key);
  if (known) return known;
  const inner: Scope = {
    facts: new Map(),
    opsets: called.opsets,
    attributes,
    calls: [...scope.calls, called],
  };
  // An input that the call leaves out is not there, which is known.
  const answer = await inferGraph(
    run,
    inner,
    called.graph,
    called.graph.inputs.map((_, i) => inputs[i] ?? null),
  );
  for (const [value, fact] of inner.facts) {
    const before = run.facts.get(value);
    run.facts.set(value, before ? commonFact(before, fact, () => freshExtent(run)) : fact);
  }
  if (key !== null) run.answers.set(key, answer);
  return answer;
}

/** Null where the call cannot be told from others by a text: graphs and tensors in attributes. */
function callKey(
  called: ModelFunction,
  attributes: ReadonlyMap<string, Attribute>,
  inputs: readonly (Fact | null)[],
): string | null {
  const parts = [functionKey(called.domain, called.name, called.overload)];
  for (const fact of inputs) parts.push(fact ? factKey(fact) : "-");
  for (const [name, { kind, value }] of attributes) {
    if (kind === "int" || kind === "float") parts.push(`${JSON.stringify(name)}:${value}`);
    else if (kind === "ints" || kind === "floats") parts.push(`${JSON.stringify(name)}:[${value.join()}]`);
    else if (kind === "string") parts.push(`${JSON.stringify(name)}:"${value.join()}"`);
    else return null;
  }
  const key = parts.join(";");
  return key.length > MAX_KEY ? null : key;
}
