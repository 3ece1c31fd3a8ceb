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

/** By the constants that they read, then by the name of what they compute, then by their own. */
export function matchNamed(
  a: Side,
  b: Side,
  matching: Matching,
  l: readonly number[],
  r: readonly number[],
): void {
  const by = (keyOf: (side: Side, i: number) => number | string | null) => {
    const known = new Map<number | string, number | null>();
    for (const i of r) {
      const key = matching.right[i] === NONE ? keyOf(b, i) : null;
      // Of several that are alike none is meant.
      if (key !== null) known.set(key, known.has(key) ? null : i);
    }
    for (const i of l) {
      const key = matching.left[i] === NONE ? keyOf(a, i) : null;
      const other = key === null ? undefined : known.get(key);
      if (other === undefined || other === null || matching.right[other] !== NONE) continue;
      pair(matching, i, other);
    }
  };
  by(({ contents }, i) => (Number.isNaN(contents[i]) ? null : (contents[i] as number)));
  by(({ nodes }, i) => outputName(nodes[i]) || null);
  by(({ nodes }, i) => nodes[i]?.name || null);
}

export function outputName(node: Node | undefined): string {
  return node?.outputs.find((value) => value !== null)?.name ?? "";
}
