import type { Graph } from "../../graph.ts";
import { type Extent, type Maybe, symbolsOf } from "../extent/index.ts";
import { commonFact, type Fact, factKey, type Type } from "../fact.ts";
import { type Application, axisOf, type Output } from "../rule.ts";

/** A fact as a rule's output. */
export function outputOf({ type, elements }: Fact): Output | null {
  return type?.kind === "tensor" ? { dtype: type.dtype, shape: type.shape, elements } : type;
}

export interface Settled {
  /** What holds of each state before every step and after the last. */
  readonly states: readonly Fact[];
  /** Of the body, in any step. */
  readonly outputs: readonly Fact[];
}

/** Real loops settle in two passes. A state that hands its length to the next one, and so on, takes a pass for each. */
const MAX_PASSES = 5;

/**
 * Infers the body of a loop until what is known of its states holds in every step: a length that a step changes becomes one
 * of which nothing is known.
 * @param first the output of the body that is the first state
 * @param inputs the inputs of the body from its states
 */
export async function settledStates(
  at: Application,
  body: Graph,
  initial: readonly Fact[],
  first: number,
  inputs: (states: readonly Fact[]) => readonly Fact[],
): Promise<Settled> {
  const changing = new Set<string>();
  const fresh = (): Extent => {
    const length = at.fresh();
    if (typeof length !== "number") changing.add(length.key);
    return length;
  };
  let states = initial;
  for (let pass = 1; ; pass++) {
    const outputs = await at.infer(body, inputs(states));
    const next = states.map((state, i) => {
      const after = outputs[first + i];
      return after ? commonFact(state, after, fresh) : state;
    });
    if (pass > MAX_PASSES || next.every((fact, i) => isSettled(states[i] as Fact, fact, changing))) {
      // Outside, the length in one step would pass for that in another: those that change become others.
      const outside = (fact: Fact) => without(fact, changing, () => at.fresh());
      return { states: states.map(outside), outputs: outputs.map(outside) };
    }
    states = pass < MAX_PASSES ? next : next.map(withoutShape);
  }
}

/** Whether nothing was lost: a length that changes may become another that does. */
function isSettled(before: Fact, after: Fact, changing: ReadonlySet<string>): boolean {
  const sketch = (fact: Fact) => factKey(without(fact, changing, () => -1));
  return before === after || sketch(before) === sketch(after);
}

/** A fact in which other lengths stand for those that rest on certain symbols. */
function without({ type, elements }: Fact, symbols: ReadonlySet<string>, other: () => Extent): Fact {
  if (symbols.size === 0) return { type, elements };
  const rests = (length: Extent) => {
    for (const { key } of symbolsOf(length)) if (symbols.has(key)) return true;
    return false;
  };
  return {
    type: mapLengths(type, (length) => (rests(length) ? other() : length)),
    elements: elements?.map((each) => (each !== null && rests(each) ? null : each)) ?? null,
  };
}

function mapLengths(type: Type | null, map: (length: Extent) => Extent): Type | null {
  if (!type) return null;
  if ("shape" in type) return { ...type, shape: type.shape?.map(map) ?? null };
  if ("element" in type) return { ...type, element: mapLengths(type.element, map) };
  return type.kind === "map" ? { ...type, value: mapLengths(type.value, map) } : type;
}

function withoutShape({ type }: Fact): Fact {
  return { type: type?.kind === "tensor" ? { ...type, shape: null } : type, elements: null };
}

/** A tensor with an axis of this length put in; negative axes count from the end of the result. */
export function withAxis(at: Application, output: Output | null, axis: number, length: Maybe): Output | null {
  if (!output || output.kind !== undefined) return null;
  const { dtype = null, shape } = output;
  if (!shape) return { dtype, shape: null };
  const from = axisOf(at, axis, shape.length + 1);
  return { dtype, shape: from === null ? null : [...shape.slice(0, from), length, ...shape.slice(from)] };
}

/** The length of an axis, and what is left without it. */
export function withoutAxis(at: Application, fact: Fact | null, axis: number): [length: Maybe, rest: Fact] {
  const type = fact?.type ?? null;
  if (type?.kind !== "tensor" || !type.shape) return [null, { type, elements: null }];
  const from = axisOf(at, axis, type.shape.length);
  if (from === null) return [null, { type: { ...type, shape: null }, elements: null }];
  const rest: Type = { ...type, shape: type.shape.filter((_, i) => i !== from) };
  return [type.shape[from] ?? null, { type: rest, elements: null }];
}
