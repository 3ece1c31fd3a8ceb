import type { Node } from "../graph.ts";
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
    matchNeighbours(a, b, matching, besideOpen(a, matching.left), a.operators, b.operators);
  };
  let names: [Hashes, Hashes] | null = null;
  const named = (): [Hashes, Hashes] => {
    names ??= [namesOf(a, matching.left), namesOf(b, matching.right)];
    return names;
  };
  const both = (left: readonly [Hashes, Hashes], right: readonly [Hashes, Hashes]): [Hashes, Hashes] => [
    combine(...left, matching.left),
    combine(...right, matching.right),
  ];
  const namedAnd = (of: "ups" | "downs" | "operators") =>
    match(...both([named()[0], a[of]], [named()[1], b[of]]));
  const steps = [
    () => {
      matchInPlace(a, b, matching, "ups", "downs");
      if (isOpen(matching)) match(...both([a.ups, a.downs], [b.ups, b.downs]), false);
    },
    // Below one change all is computed from something else, and above it for something else.
    () => {
      matchInPlace(a, b, matching, "ups");
      matchInPlace(a, b, matching, "downs");
    },
    () => namedAnd("ups"),
    () => namedAnd("downs"),
    () => match(a.ups, b.ups),
    () => match(a.downs, b.downs),
    around,
    () => match(a.known, b.known),
    around,
    () => namedAnd("operators"),
    around,
    () => matchInOrder(a, b, matching),
    around,
    () => match(...named()),
    () => matchReplaced(a, b, matching),
  ];
  for (const step of steps) {
    // Two versions of a model have most of it in common: nothing is left after a step or two.
    if (!isOpen(matching)) break;
    step();
  }
  return matching;
}

function isOpen({ left, right }: Matching): boolean {
  return left.includes(NONE) && right.includes(NONE);
}

/**
 * What has the same key, the same name and the same place, counted from the beginning or from the end: most of two versions of a
 * model. Whoever looks such pairs up by their keys finds the same ones, with a map of every node.
 */
function matchInPlace(
  a: Side,
  b: Side,
  matching: Matching,
  key: "ups" | "downs",
  other: "ups" | "downs" = key,
): void {
  const [left, right, otherLeft, otherRight] = [a[key], b[key], a[other], b[other]];
  const most = Math.min(left.length, right.length);
  for (const [fromL, fromR] of [
    [0, 0],
    [left.length - most, right.length - most],
  ] as const) {
    for (let i = 0; i < most; i++) {
      const [l, r] = [fromL + i, fromR + i];
      if (left[l] !== right[r] || otherLeft[l] !== otherRight[r]) continue;
      if (matching.left[l] !== NONE || matching.right[r] !== NONE) continue;
      // Weights tell more than names do.
      if (!Object.is(a.contents[l], b.contents[r])) continue;
      const name = outputName(a.nodes[l] as Node);
      if (name !== "" && name === outputName(b.nodes[r] as Node)) pair(matching, l, r);
    }
    if (a.nodes.length === b.nodes.length) break;
  }
}

/** Nodes that are not matched. */
function openIn(matched: Int32Array): number[] {
  const found: number[] = [];
  for (let i = 0; i < matched.length; i++) if (matched[i] === NONE) found.push(i);
  return found;
}

/** Nodes that are matched and stand beside one that is not. */
function besideOpen({ edges }: Side, matched: Int32Array): number[] {
  const beside = new Uint8Array(matched.length);
  const mark = (i: number) => {
    if (i !== NONE && matched[i] !== NONE) beside[i] = 1;
  };
  for (const i of openIn(matched)) {
    for (let e = edges.inStart[i] as number; e < (edges.inStart[i + 1] as number); e++)
      mark(edges.producer[e] as number);
    for (let at = edges.outStart[i] as number; at < (edges.outStart[i + 1] as number); at++)
      mark(edges.reader[edges.leaving[at] as number] as number);
  }
  const found: number[] = [];
  for (let i = beside.indexOf(1); i !== -1; i = beside.indexOf(1, i + 1)) found.push(i);
  return found;
}

/** Two keys as one, of what is not matched yet. */
function combine(one: Hashes, other: Hashes, matched: Int32Array): Hashes {
  const hash = new Hash();
  const both = new Float64Array(one.length).fill(Number.NaN);
  for (let i = 0; i < both.length; i++) {
    if (matched[i] !== NONE) continue;
    both[i] = hash
      .start(0)
      .hash(one[i] as number)
      .hash(other[i] as number).value;
  }
  return both;
}

function namesOf({ nodes }: Side, matched: Int32Array): Hashes {
  const hash = new Hash();
  const names = new Float64Array(nodes.length).fill(Number.NaN);
  for (let i = 0; i < names.length; i++)
    if (matched[i] === NONE) names[i] = hash.start(0).text(outputName(nodes[i])).value;
  return names;
}

/** What is left on both sides, as far as it does the same in the same order. */
function matchInOrder(a: Side, b: Side, matching: Matching): void {
  const [l, r] = [openIn(matching.left), openIn(matching.right)];
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
