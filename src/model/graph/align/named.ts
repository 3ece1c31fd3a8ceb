import type { Node } from "../graph.ts";
import { type Matching, NONE, pair } from "./matching.ts";
import type { Side } from "./side.ts";

/** Nodes that are alike in one place: by name, and in order where there are equally many. */
export function matchAlike(
  a: Side,
  b: Side,
  matching: Matching,
  l: readonly number[],
  r: readonly number[],
): void {
  if (l.length > 1 || r.length > 1) matchNamed(a, b, matching, l, r);
  const restL = l.filter((i) => matching.left[i] === NONE);
  const restR = r.filter((i) => matching.right[i] === NONE);
  if (restL.length === restR.length) {
    for (const [k, i] of restL.entries()) pair(matching, i, restR[k] as number);
  }
}

/** By the name of what they compute, then by their own. */
export function matchNamed(
  a: Side,
  b: Side,
  matching: Matching,
  l: readonly number[],
  r: readonly number[],
): void {
  for (const keyOf of [outputName, ownName]) {
    const byName = new Map(r.map((i) => [keyOf(b.nodes[i]), i]));
    for (const i of l) {
      const name = keyOf(a.nodes[i]);
      const other = name === "" ? undefined : byName.get(name);
      if (other === undefined || matching.left[i] !== NONE || matching.right[other] !== NONE) continue;
      pair(matching, i, other);
    }
  }
}

export function outputName(node: Node | undefined): string {
  return node?.outputs.find((value) => value !== null)?.name ?? "";
}

function ownName(node: Node | undefined): string {
  return node?.name ?? "";
}
