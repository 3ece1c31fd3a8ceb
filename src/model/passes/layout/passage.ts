import type { Node, Value } from "../../graph/graph.ts";
import type { Rewrite } from "../simplify/rewrite.ts";
import type { Permutation } from "./permutation.ts";

/** How a node computes the same before a transposition of its inputs as it did behind it. */
export interface Passage {
  /** Places of the inputs that must come without the transposition; constants of fewer axes are told by it too. */
  readonly inputs: readonly number[];
  /** The transposition behind which the outputs are then. */
  readonly perm: Permutation;
  /** Changes what the node says of axes; its inputs are set already. */
  apply?(): void;
}

/** What rules look at. */
export interface Facts {
  readonly rewrite: Rewrite;
  /** Contents of small constants that say what nodes do. */
  readonly settings: ReadonlyMap<Value, readonly number[]>;
}

/** A row of the table: how a transposition passes a node, null where it does not. */
export interface PassageRow {
  /** Inputs that say what the node does, as far as the rule must know them. */
  readonly settings: readonly number[];
  readonly rule: (node: Node, perm: Permutation, facts: Facts) => Passage | null;
}

export function row(rule: PassageRow["rule"], settings: readonly number[] = []): PassageRow {
  return { settings, rule };
}

/** An axis from 0 on; null where there is no such axis. */
export function normalAxis(axis: number, rank: number): number | null {
  const normal = axis < 0 ? axis + rank : axis;
  return normal >= 0 && normal < rank ? normal : null;
}

/** Axes from 0 on; null where one is beyond the rank or stands twice. */
export function normalAxes(axes: readonly number[], rank: number): number[] | null {
  const normal = axes.flatMap((axis) => normalAxis(axis, rank) ?? []);
  return normal.length === axes.length && new Set(normal).size === normal.length ? normal : null;
}

/**
 * Whole numbers that an operator takes as an attribute in old opsets and as an input in newer ones.
 * @returns undefined where they are left out, null where they are not known
 */
export function numbersAt(
  node: Node,
  name: string,
  index: number,
  { settings }: Facts,
): readonly number[] | null | undefined {
  const own = node.attributes.get(name);
  if (own?.kind === "ints") return own.value.map(Number);
  if (own) return null;
  const input = node.inputs[index];
  return input ? (settings.get(input) ?? null) : undefined;
}
