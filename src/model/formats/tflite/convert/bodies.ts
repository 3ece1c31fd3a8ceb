import type { Graph, Value } from "../../../graph/graph.ts";
import type { Subgraph, TfliteTensor } from "../file/model.ts";
import { Build } from "./build.ts";
import { refuse } from "./refusal.ts";

/** What a subgraph is called with: a value for each tensor, or the resource that a handle names. */
export type Argument = { readonly value: Value } | { readonly resource: string };

/** What a build hands to a subgraph for its own tensors. */
export function argumentsOf(build: Build, tensors: readonly TfliteTensor[]): Argument[] {
  return tensors.map((tensor) =>
    tensor.type === "RESOURCE" ? { resource: build.handle(tensor) } : { value: build.stored(tensor) },
  );
}

/** @throws Refusal */
export function subgraphAt(build: Build, index: number): Subgraph {
  const subgraph = build.context.file.subgraphs[index];
  if (!subgraph) throw refuse(`there is no subgraph ${index}`);
  return subgraph;
}

/** Begins with a subgraph that an operator calls, into the build's own graph or one inside it. @throws Refusal */
export function openSubgraph(outer: Build, index: number, graph: Graph = outer.graph): Build {
  return new Build(outer.context, subgraphAt(outer, index), graph, outer);
}

/**
 * Converts a subgraph with what it is given.
 * @param tensors that this stands for where it is called
 * @throws Refusal, MODEL_TFLITE_GRAPH where subgraphs call each other in a circle
 */
export async function lowerBody(
  body: Build,
  given: readonly Argument[],
  tensors: readonly TfliteTensor[],
): Promise<void> {
  const { inputs, index } = body.subgraph;
  if (inputs.length !== given.length)
    throw refuse(`subgraph ${index} takes ${inputs.length} inputs, and gets ${given.length}`);
  checkTypes(tensors, inputs, "what its subgraph gets as input");
  for (const [i, tensor] of inputs.entries()) {
    const argument = given[i];
    if (argument && "value" in argument) body.setStored(tensor, argument.value);
    else if (argument) body.setHandle(tensor, argument.resource);
  }
  await body.lower(body);
}

/** What a converted subgraph gives. */
export function resultsOf(body: Build): Argument[] {
  return argumentsOf(body, body.subgraph.outputs);
}

/** Holds tensors that stand for each other to one element type. @throws Refusal */
export function checkTypes(
  given: readonly TfliteTensor[],
  wanted: readonly (TfliteTensor | undefined)[],
  what: string,
): void {
  for (const [i, { type }] of given.entries()) {
    const other = wanted[i]?.type;
    if (other !== undefined && other !== type) throw refuse(`${what} ${i} is ${type} in place of ${other}`);
  }
}

/** An empty graph inside a build's. */
export function innerGraph(outer: Build, index: number): Graph {
  const name = `subgraph ${index}`;
  return { name, inputs: [], outputs: [], nodes: [], values: new Map(), parent: outer.graph };
}

/** Whether a subgraph, or one that it calls, writes a resource. */
export function assigns(build: Build, index: number): boolean {
  const seen = new Set<number>();
  const waiting = [index];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const { name, options } of build.context.file.subgraphs[next]?.operators ?? []) {
      if (name === "ASSIGN_VARIABLE") return true;
      for (const [option, value] of Object.entries(options))
        if (option.includes("subgraph") && typeof value === "number") waiting.push(value);
    }
  }
  return false;
}
