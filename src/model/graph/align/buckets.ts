import { type Matching, NONE, pair } from "./matching.ts";
import { matchNamed } from "./named.ts";
import { matchNeighbours } from "./neighbours.ts";
import type { Hashes, Side } from "./side.ts";

/**
 * Matches what has the same key: first what is alone with it or has the same name too, and what is beside that; then the
 * rest in order, each with what is beside it, so that of several equal branches each stays whole.
 * @param even the rest only where both sides have equally many: else nothing tells which of them are meant
 */
export function matchBuckets(
  a: Side,
  b: Side,
  matching: Matching,
  left: Hashes,
  right: Hashes,
  even = true,
): void {
  const others = buckets(right, matching.right);
  const fresh: number[] = [];
  const several: [number[], number[]][] = [];
  for (const [key, l] of buckets(left, matching.left)) {
    const r = others.get(key);
    if (r === undefined) continue;
    if (typeof l === "number" && typeof r === "number") {
      pair(matching, l, r);
      fresh.push(l);
      continue;
    }
    const lists: [number[], number[]] = [typeof l === "number" ? [l] : l, typeof r === "number" ? [r] : r];
    matchNamed(a, b, matching, ...lists);
    for (const i of lists[0]) if (matching.left[i] !== NONE) fresh.push(i);
    several.push(lists);
  }
  matchNeighbours(a, b, matching, fresh, left, right);
  for (const [l, r] of several) {
    const restR = r.filter((i) => matching.right[i] === NONE);
    if (even && l.filter((i) => matching.left[i] === NONE).length !== restR.length) continue;
    let next = 0;
    for (const i of l) {
      if (matching.left[i] !== NONE) continue;
      while (next < restR.length && matching.right[restR[next] as number] !== NONE) next++;
      const other = restR[next++];
      if (other === undefined) break;
      pair(matching, i, other);
      matchNeighbours(a, b, matching, [i], left, right);
    }
  }
}

/** What is not matched yet by its hash, where it has one; most hashes are those of one node. */
function buckets(hashes: Hashes, matched: Int32Array): Map<number, number | number[]> {
  const found = new Map<number, number | number[]>();
  for (let i = 0; i < hashes.length; i++) {
    const key = hashes[i] as number;
    if (matched[i] !== NONE || Number.isNaN(key)) continue;
    const before = found.get(key);
    if (before === undefined) found.set(key, i);
    else if (typeof before === "number") found.set(key, [before, i]);
    else before.push(i);
  }
  return found;
}
