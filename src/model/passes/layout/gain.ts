import { isOutput } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { refersToCaller } from "../simplify/rewrite.ts";
import type { Facts, Passage } from "./passage.ts";
import {
  composed,
  isIdentity,
  isPermutation,
  isSamePermutation,
  keepsOrder,
  type Permutation,
  permuteBack,
} from "./permutation.ts";
import { PASSAGES } from "./table.ts";

/** A value that is another one, transposed. */
export interface View {
  readonly base: Value;
  readonly perm: Permutation;
}

interface Way {
  readonly passage: Passage;
  readonly inputs: ReadonlySet<number>;
  readonly plain: number;
}

/** How many nodes ahead are looked at, and how many transpositions of one value: chains between convolutions are short. */
const MAX_AHEAD = 200;
const MAX_PERMUTATIONS = 4;

/** Axes of what is moved: tensors of real models have six at most. */
const MAX_RANK = 16;

/** The permutation of a Transpose; null for other nodes, and where it is not known. */
export function permOf(node: Node, { rewrite }: Facts): Permutation | null {
  if (node.op !== "Transpose" || node.domain !== "" || refersToCaller(node)) return null;
  const own = node.attributes.get("perm");
  if (own?.kind === "ints") {
    const perm = own.value.map(Number);
    return perm.length <= MAX_RANK && isPermutation(perm) ? perm : null;
  }
  const rank = rewrite.shapeOf(node.inputs[0])?.length;
  return rank === undefined || rank > MAX_RANK
    ? null
    : Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

export function passageOf(node: Node, perm: Permutation, facts: Facts): Passage | null {
  if (node.domain !== "" || refersToCaller(node)) return null;
  return PASSAGES.get(node.op)?.rule(node, perm, facts) ?? null;
}

/** Whether a value is as good as what it is the transposition of, since only axes of length 1 moved. */
export function isFree(value: Value, perm: Permutation, { rewrite }: Facts): boolean {
  const shape = rewrite.shapeOf(value);
  return shape !== null && shape.length === perm.length && keepsOrder(permuteBack(shape, perm), perm);
}

/** Works out what comes of letting transpositions pass. */
export class Gain {
  readonly #facts: Facts;
  readonly #views: ReadonlyMap<Value, View>;
  readonly #known = new Map<Value, Map<string, number>>();
  readonly #ways = new Map<Node, Map<string, Way | null>>();
  readonly #held = new Map<Value, boolean>();

  constructor(facts: Facts, views: ReadonlyMap<Value, View>) {
    this.#facts = facts;
    this.#views = views;
  }

  /** How many more Transposes there are if a value is had only without a transposition: -1, 0 or 1. */
  of(value: Value, perm: Permutation, ahead = 0): number {
    let known = this.#known.get(value);
    if (!known) {
      known = new Map();
      this.#known.set(value, known);
    }
    const key = perm.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= MAX_PERMUTATIONS || ahead > MAX_AHEAD) return 1;
    known.set(key, 1);
    const making = isFree(value, perm, this.#facts) ? 0 : 1;
    let total = isOutput(value) ? making : 0;
    let saved = 0;
    for (const { node, index } of value.uses) {
      const change = node.graph === value.graph ? this.#ofReader(node, index, perm, ahead) : 1;
      if (change > 0) total = making;
      else saved += change;
    }
    total = Math.max(-1, total + saved);
    known.set(key, total);
    return total;
  }

  #ofReader(node: Node, index: number, perm: Permutation, ahead: number): number {
    const next = permOf(node, this.#facts);
    if (next) {
      if (next.length !== perm.length) return 1;
      const both = composed(perm, next);
      const [output] = node.outputs;
      return isIdentity(both) || (output && isFree(output, both, this.#facts)) ? -1 : 0;
    }
    const way = this.#wayOf(node, perm);
    if (!way?.inputs.has(index)) return 1;
    return way.plain + this.after(node, way.passage, ahead + 1);
  }

  /** The same for the outputs of a node that a transposition passes. */
  after(node: Node, passage: Passage, ahead = 0): number {
    return node.outputs.reduce((sum, output) => sum + (output ? this.of(output, passage.perm, ahead) : 0), 0);
  }

  /** The passage of a node, and how many of its inputs would have to be transposed for it. */
  #wayOf(node: Node, perm: Permutation): Way | null {
    let known = this.#ways.get(node);
    if (!known) {
      known = new Map();
      this.#ways.set(node, known);
    }
    const key = perm.join();
    let way = known.get(key);
    if (way !== undefined) return way;
    if (known.size >= MAX_PERMUTATIONS) return null;
    const passage = passageOf(node, perm, this.#facts);
    way = passage && { passage, inputs: new Set(passage.inputs), plain: this.#plain(node, passage, perm) };
    known.set(key, way);
    return way;
  }

  /** What is computed later may come without a transposition by then. */
  #plain(node: Node, { inputs }: Passage, perm: Permutation): number {
    const plain = new Set<Value>();
    for (const index of inputs) {
      const value = node.inputs[index];
      if (!value || this.#facts.rewrite.isConstant(value)) continue;
      const { producer } = value;
      const before = this.#views.get(value)?.perm ?? (producer && permOf(producer, this.#facts));
      const comes = before ? isSamePermutation(before, perm) : producer && PASSAGES.has(producer.op);
      if (!comes) plain.add(value);
    }
    return plain.size;
  }

  /** Whether a value must be transposed in any case, for somebody whom no transposition passes. */
  isHeld(value: Value, perm: Permutation): boolean {
    let held = this.#held.get(value);
    if (held === undefined) {
      held =
        isOutput(value) ||
        value.uses.some(
          ({ node, index }) =>
            node.graph !== value.graph ||
            !(permOf(node, this.#facts) || this.#wayOf(node, perm)?.inputs.has(index)),
        );
      this.#held.set(value, held);
    }
    return held;
  }
}
