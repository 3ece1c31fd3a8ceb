import { eachGroup } from "./groups.ts";
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
  const fresh: number[] = [];
  const several: [number[], number[]][] = [];
  eachGroup(left, right, matching, {
    one(l, r) {
      pair(matching, l, r);
      fresh.push(l);
    },
    several(l, r) {
      matchNamed(a, b, matching, l, r);
      for (const i of l) if (matching.left[i] !== NONE) fresh.push(i);
      several.push([l, r]);
    },
  });
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
