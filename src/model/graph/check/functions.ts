import type { Model, ModelFunction, Node } from "../graph.ts";

/** A function of the model with what is looked up in it for each of its nodes and callers. */
export interface KnownFunction {
  readonly function: ModelFunction;
  readonly attributes: ReadonlySet<string>;
}

/** What a function is called by: its domain, name and overload. */
function key(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain, name, overload]);
}

/** The functions of a model by what they are called by; of two under one name, the last. */
export function functionsOf(model: Model): Map<string, KnownFunction> {
  return new Map(
    model.functions.map((each) => [
      key(each.domain, each.name, each.overload),
      { function: each, attributes: new Set(each.attributes) },
    ]),
  );
}

/** The function that a node calls; most models have none, and then nothing is looked up. */
export function calledBy(
  { domain, op, overload }: Node,
  functions: ReadonlyMap<string, KnownFunction>,
): KnownFunction | undefined {
  return functions.size === 0 ? undefined : functions.get(key(domain, op, overload));
}
