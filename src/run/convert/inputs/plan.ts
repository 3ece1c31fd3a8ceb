import type { Contract, InputContract } from "../../../model/contract/contract.ts";
import type { Signature, TensorSpec } from "../../../model/tensor/tensor.ts";
import type { Hint } from "./hints.ts";

/** Numbers for what a signature leaves open. */
export interface Plan {
  /** Rows. */
  readonly rows: number;
  /** Steps, tokens, columns: every open length that is nothing else. */
  readonly length: number;
  /** Height and width of a picture. */
  readonly space: number;
  /** Steps that a cache holds already. */
  readonly past: number;
  /** Whole numbers of which nothing is known are 0 to this. */
  readonly whole: number;
}

/**
 * Tried in turn until the model takes one. Two rows first, since a model that mixes them up gives itself away so; 64, 32 and
 * 224 for nets that halve a picture some times; a cache that is empty, for decoders whose first step has none.
 */
export const PLANS: readonly Plan[] = [
  { rows: 2, length: 8, space: 64, past: 3, whole: 3 },
  { rows: 1, length: 8, space: 64, past: 3, whole: 3 },
  { rows: 1, length: 8, space: 224, past: 0, whole: 1 },
  { rows: 2, length: 2, space: 32, past: 2, whole: 1 },
  { rows: 1, length: 1, space: 32, past: 0, whole: 1 },
  { rows: 1, length: 16, space: 128, past: 16, whole: 3 },
  { rows: 1, length: 64, space: 256, past: 64, whole: 1 },
  { rows: 1, length: 320, space: 320, past: 0, whole: 0 },
  { rows: 1, length: 4_096, space: 512, past: 0, whole: 1 },
  { rows: 1, length: 16_384, space: 640, past: 0, whole: 1 },
];

/** What is known of one input besides its type. */
export interface InputFacts {
  readonly spec: TensorSpec;
  /** The contract's own statement, where it has one. */
  readonly meaning: InputContract | null;
  /** Shape of a state's first value, by the contract. */
  readonly state: readonly number[] | null;
  readonly isState: boolean;
  readonly hint: Hint | null;
}

/** Joins what the signature, the contract and the graph tell, input by input. */
export function factsOf(
  signature: Signature,
  contract: Contract,
  hints: ReadonlyMap<string, Hint>,
): InputFacts[] {
  const meanings = new Map<string, InputContract>();
  for (const meaning of Object.values(contract.inputs)) {
    const tensors = meaning.kind === "text" ? Object.values(meaning.tensors) : [meaning.tensor];
    for (const tensor of tensors) meanings.set(tensor, meaning);
  }
  const states = new Map(Object.values(contract.states).map((state) => [state.input, state]));
  return signature.inputs.map((spec) => ({
    spec,
    meaning: meanings.get(spec.name) ?? null,
    state: states.get(spec.name)?.shape ?? null,
    isState: states.has(spec.name),
    hint: hints.get(spec.name) ?? null,
  }));
}

/** Ranks that are unknown are tried as a table. */
const UNKNOWN_RANK = [null, null];

/**
 * The shape of every input under a plan. One symbol has one length wherever it stands, and sums of symbols ("past + 1")
 * are added up.
 */
export function shapesFor(facts: readonly InputFacts[], plan: Plan): number[][] {
  const symbols = new Map<string, number>();
  return facts.map((fact) => {
    const dims = fact.spec.shape ?? UNKNOWN_RANK;
    return dims.map((dim, axis) => {
      if (typeof dim === "number") return dim;
      const told = fact.state?.[axis] ?? toldLength(fact, axis, dims.length);
      if (dim === null) return told ?? guess(fact, axis, dims.length, "", plan);
      const known = symbols.get(dim) ?? told ?? sum(dim, symbols, plan);
      const length = known ?? guess(fact, axis, dims.length, dim, plan);
      symbols.set(dim, length);
      return length;
    });
  });
}

/** What the contract or the graph fixes where the signature does not. */
function toldLength({ hint, meaning }: InputFacts, axis: number, rank: number): number | null {
  if (meaning?.kind === "image") {
    const at = meaning.layout.length === rank ? meaning.layout[axis] : undefined;
    if (at === "H" && meaning.size[0] !== null) return meaning.size[0];
    if (at === "W" && meaning.size[1] !== null) return meaning.size[1];
    if (at === "C") return { RGB: 3, BGR: 3, GRAY: 1, RGBA: 4 }[meaning.color];
  }
  if (meaning?.kind === "audio" && axis === rank - 1 && meaning.frame !== null) {
    return meaning.frame + meaning.context;
  }
  if (meaning?.kind === "table" && axis === rank - 1 && meaning.columns !== null)
    return meaning.columns.length;
  return hint?.lengths.get(axis) ?? hint?.lengths.get(axis - rank) ?? null;
}

/** Lengths of a cache, by the names that exporters of decoders give them. */
const PAST = /past|cache/i;
const ROWS = /batch|rows|^n$|^b$/i;

function guess(fact: InputFacts, axis: number, rank: number, symbol: string, plan: Plan): number {
  if (fact.meaning?.kind === "image" && fact.meaning.layout.length === rank) {
    const at = fact.meaning.layout[axis];
    if (at === "H" || at === "W") return plan.space;
  }
  if (ROWS.test(symbol)) return plan.rows;
  if (PAST.test(symbol)) return plan.past;
  if (/height|width|^h$|^w$/i.test(symbol)) return plan.space;
  if (axis === 0 && rank > 1) return plan.rows;
  // Four dimensions with the last two open are pictures, whatever nobody said.
  const open = (at: number) => typeof fact.spec.shape?.[at] !== "number";
  if (rank === 4 && axis > 0 && fact.spec.dtype.startsWith("float") && !fact.isState) {
    if (axis >= 2 && open(2) && open(3)) return plan.space;
    if (axis <= 2 && open(1) && open(2) && !open(3)) return plan.space;
  }
  return plan.length;
}

/** "past_sequence_length + sequence_length", as exporters write it; null where it is no sum. */
function sum(symbol: string, symbols: Map<string, number>, plan: Plan): number | null {
  const terms = symbol.split(/\s*\+\s*/);
  if (terms.length < 2 || terms.length > 8) return null;
  let total = 0;
  for (const term of terms) {
    const known = /^\d{1,6}$/.test(term) ? Number(term) : (symbols.get(term) ?? namedLength(term, plan));
    if (!/^\d/.test(term)) symbols.set(term, known);
    total += known;
  }
  return total;
}

function namedLength(symbol: string, plan: Plan): number {
  return ROWS.test(symbol) ? plan.rows : PAST.test(symbol) ? plan.past : plan.length;
}
