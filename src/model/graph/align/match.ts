import { matchBuckets } from "./buckets.ts";
import { Hash } from "./hash.ts";
import { type Matching, NONE, pair } from "./matching.ts";
import { outputName } from "./named.ts";
import { inputsOf, matchNeighbours, openProducer } from "./neighbours.ts";
import { commonSubsequence } from "./sequence.ts";
import type { Hashes, Side } from "./side.ts";

/**
 * Matches the nodes of two graphs. Nodes that are computed from the same and for the same come first; then those of equal
 * names with one of the two; then one of the two alone; then the neighbours of what is matched; then names; then what stands
 * in the same order; and last those that stand in one place and do something else.
 */
export function matchNodes(a: Side, b: Side): Matching {
  const matching: Matching = {
    left: new Int32Array(a.nodes.length).fill(NONE),
    right: new Int32Array(b.nodes.length).fill(NONE),
  };
  const match = (left: Hashes, right: Hashes, even = true) => matchBuckets(a, b, matching, left, right, even);
  const around = () => {
    const matched = [...matching.left.keys()].filter((i) => matching.left[i] !== NONE);
    matchNeighbours(a, b, matching, matched, a.operators, b.operators);
  };
  match(combine(a.ups, a.downs), combine(b.ups, b.downs), false);
  const [namesA, namesB] = [namesOf(a), namesOf(b)];
  match(combine(namesA, a.ups), combine(namesB, b.ups));
  match(combine(namesA, a.downs), combine(namesB, b.downs));
  match(a.ups, b.ups);
  match(a.downs, b.downs);
  around();
  match(a.known, b.known);
  around();
  match(combine(namesA, a.operators), combine(namesB, b.operators));
  around();
  matchInOrder(a, b, matching);
  around();
  match(namesA, namesB);
  matchReplaced(a, b, matching);
  return matching;
}

function combine(one: Hashes, other: Hashes): Hashes {
  const hash = new Hash();
  return one.map(
    (value, i) =>
      hash
        .start(0)
        .hash(value)
        .hash(other[i] as number).value,
  );
}

function namesOf(side: Side): Hashes {
  const hash = new Hash();
  return Float64Array.from(side.nodes, (node) => hash.start(0).text(outputName(node)).value);
}

/** What is left on both sides, as far as it does the same in the same order. */
function matchInOrder(a: Side, b: Side, matching: Matching): void {
  const open = (matched: Int32Array) => [...matched.keys()].filter((i) => matched[i] === NONE);
  const [l, r] = [open(matching.left), open(matching.right)];
  const common = commonSubsequence(
    l.map((i) => a.locals[i] as number),
    r.map((i) => b.locals[i] as number),
  );
  for (const [i, k] of common) pair(matching, l[i] as number, r[k] as number);
}

/** One node in the place of another: it stands between the same two. */
function matchReplaced(a: Side, b: Side, matching: Matching): void {
  for (let l = 0; l < a.nodes.length; l++) {
    if (matching.left[l] !== NONE) continue;
    const to = a.edges.outStart[l + 1] as number;
    for (let at = a.edges.outStart[l] as number; at < to; at++) {
      const e = a.edges.leaving[at] as number;
      const reader = a.edges.reader[e] as number;
      const other = matching.left[reader] as number;
      if (other === NONE) continue;
      const input = e - (a.edges.inStart[reader] as number);
      const r = input < inputsOf(b, other) ? openProducer(b, matching.right, other, input) : NONE;
      if (r !== NONE && sameSource(a, b, matching, l, r)) pair(matching, l, r);
      break;
    }
  }
}

/** Whether the first inputs of two nodes are computed by nodes that belong together, or by none. */
function sameSource(a: Side, b: Side, matching: Matching, l: number, r: number): boolean {
  const from = (side: Side, i: number) =>
    inputsOf(side, i) === 0 ? NONE : (side.edges.producer[side.edges.inStart[i] as number] as number);
  const [one, other] = [from(a, l), from(b, r)];
  return one === NONE ? other === NONE : matching.left[one] === other && other !== NONE;
}
