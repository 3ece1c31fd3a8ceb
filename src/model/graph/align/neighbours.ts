import { type Matching, NONE, pair } from "./matching.ts";
import { matchAlike } from "./named.ts";
import type { Hashes, Side } from "./side.ts";

/**
 * Goes from nodes that are matched to what they read and to what reads them, and on from there, as far as two nodes in one
 * place have the same key.
 */
export function matchNeighbours(
  a: Side,
  b: Side,
  matching: Matching,
  from: number[],
  left: Hashes,
  right: Hashes,
): void {
  const waiting = from;
  for (let l = waiting.pop(); l !== undefined; l = waiting.pop()) {
    const r = matching.left[l] as number;
    const inputs = Math.min(inputsOf(a, l), inputsOf(b, r));
    for (let k = 0; k < inputs; k++) {
      const pl = openProducer(a, matching.left, l, k);
      const pr = openProducer(b, matching.right, r, k);
      if (pl === NONE || pr === NONE || left[pl] !== right[pr]) continue;
      pair(matching, pl, pr);
      waiting.push(pl);
    }
    const readers = openReaders(a, matching.left, l, left);
    if (!readers) continue;
    const others = openReaders(b, matching.right, r, right);
    for (const [key, list] of readers) {
      const alike = others?.get(key);
      if (!alike) continue;
      matchAlike(a, b, matching, list, alike);
      for (const i of list) if (matching.left[i] !== NONE) waiting.push(i);
    }
  }
}

export function inputsOf({ edges }: Side, i: number): number {
  return (edges.inStart[i + 1] as number) - (edges.inStart[i] as number);
}

/** The unmatched node that computes an input of a node; −1 where there is none. */
export function openProducer({ edges }: Side, matched: Int32Array, i: number, input: number): number {
  const producer = edges.producer[(edges.inStart[i] as number) + input] as number;
  return producer === NONE || matched[producer] !== NONE ? NONE : producer;
}

/** Unmatched readers of a node by key and place, each once a place; null where there are none. */
function openReaders(
  { edges }: Side,
  matched: Int32Array,
  i: number,
  keys: Hashes,
): Map<string, number[]> | null {
  let readers: Map<string, number[]> | null = null;
  const to = edges.outStart[i + 1] as number;
  for (let at = edges.outStart[i] as number; at < to; at++) {
    const e = edges.leaving[at] as number;
    const reader = edges.reader[e] as number;
    if (matched[reader] !== NONE || Number.isNaN(keys[reader])) continue;
    const key = `${keys[reader]} ${e - (edges.inStart[reader] as number)} ${edges.output[e]}`;
    readers ??= new Map();
    const list = readers.get(key);
    if (list) list.push(reader);
    else readers.set(key, [reader]);
  }
  return readers;
}
