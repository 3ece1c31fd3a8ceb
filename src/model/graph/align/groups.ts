import { NONE } from "./matching.ts";
import type { Hashes } from "./side.ts";

/** Bits of a digit that is sorted by. */
const DIGIT = 16;
const SIZE = 2 ** DIGIT;
/** Below it comparing is quicker than counting digits. */
const FEW = 10_000;

/** What is not matched yet and has a key: indices by ascending keys, those of one key in their own order (radix sort). */
function byKey(keys: Hashes, matched: Int32Array): Int32Array {
  let count = 0;
  for (let i = 0; i < keys.length; i++) if (matched[i] === NONE && !Number.isNaN(keys[i])) count++;
  // The halves of the keys, since whole numbers of 32 bits are quick to take apart.
  const [low, high] = [new Uint32Array(keys.length), new Uint32Array(keys.length)];
  let order = new Int32Array(count);
  for (let i = 0, at = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    if (matched[i] !== NONE || Number.isNaN(key)) continue;
    order[at++] = i;
    const upper = Math.floor(key / 2 ** 32);
    high[i] = upper;
    low[i] = key - upper * 2 ** 32;
  }
  if (count < FEW) return order.sort((i, k) => (keys[i] as number) - (keys[k] as number) || i - k);
  let next = new Int32Array(count);
  for (const half of [low, high]) {
    for (const shift of [0, DIGIT]) {
      const starts = new Int32Array(SIZE + 1);
      for (let k = 0; k < count; k++) {
        const digit = ((half[order[k] as number] as number) >>> shift) & (SIZE - 1);
        starts[digit + 1] = (starts[digit + 1] as number) + 1;
      }
      for (let digit = 0; digit < SIZE; digit++)
        starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
      for (let k = 0; k < count; k++) {
        const i = order[k] as number;
        const digit = ((half[i] as number) >>> shift) & (SIZE - 1);
        const at = starts[digit] as number;
        next[at] = i;
        starts[digit] = at + 1;
      }
      [order, next] = [next, order];
    }
  }
  return order;
}

/**
 * What is not matched yet and has the same key on both sides, in the order of the left one. Sorted rather than put into maps: these
 * take most of the time that a million nodes need.
 */
export function eachGroup(
  left: Hashes,
  right: Hashes,
  matched: { readonly left: Int32Array; readonly right: Int32Array },
  visit: { one(left: number, right: number): void; several(left: number[], right: number[]): void },
): void {
  const [l, r] = [byKey(left, matched.left), byKey(right, matched.right)];
  // By the first index of a group: where it begins among those of the left side, and among those of the right one.
  const startOf = new Int32Array(left.length).fill(NONE);
  const rightOf = new Int32Array(l.length);
  const end = (order: Int32Array, keys: Hashes, from: number) => {
    let at = from + 1;
    while (at < order.length && keys[order[at] as number] === keys[order[from] as number]) at++;
    return at;
  };
  for (let i = 0, k = 0; i < l.length && k < r.length; ) {
    const [one, other] = [left[l[i] as number] as number, right[r[k] as number] as number];
    if (one < other) i++;
    else if (one > other) k++;
    else {
      startOf[l[i] as number] = i;
      rightOf[i] = k;
      i = end(l, left, i);
      k = end(r, right, k);
    }
  }
  for (const start of startOf) {
    if (start === NONE) continue;
    const from = rightOf[start] as number;
    const [stop, stopR] = [end(l, left, start), end(r, right, from)];
    if (stop - start === 1 && stopR - from === 1) visit.one(l[start] as number, r[from] as number);
    else visit.several([...l.subarray(start, stop)], [...r.subarray(from, stopR)]);
  }
}
