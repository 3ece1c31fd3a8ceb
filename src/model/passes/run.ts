import type { Model } from "../graph/graph.ts";
import { type Difference, differenceOf, NO_DIFFERENCE, snapshotOf, sumOf } from "./difference.ts";
import type { Pass, PassContext } from "./pass.ts";
import { type Types, workOutTypes } from "./types.ts";

/**
 * Times that all passes are run one after the other before the runner gives up waiting for a fixed point. Real models
 * settle in two to five; a chain of changes that each need a round of their own is the work of a hostile file.
 */
export const MAX_ROUNDS = 24;

/** What a pass did, over all rounds. */
export interface PassReport extends Difference {
  readonly pass: string;
  /** Rounds in which it changed the model. */
  readonly applied: number;
  /** What the pass noted for a person, each text once. */
  readonly notes: readonly string[];
}

export interface PassesReport {
  readonly rounds: number;
  /** Whether the last round changed nothing: false where `maxRounds` came first. */
  readonly settled: boolean;
  /** Nodes of all graphs before and after. */
  readonly nodes: { readonly before: number; readonly after: number };
  /** One entry a pass, in the order in which they were given first. */
  readonly passes: readonly PassReport[];
}

export interface RunPassesOptions {
  /** @default MAX_ROUNDS; 1 runs each pass once */
  readonly maxRounds?: number;
  /** For tests: called after each pass with what it said of itself; what it throws ends the run. */
  check?(model: Model, pass: Pass, modified: boolean): void | Promise<void>;
}

/**
 * Runs passes in their order, again and again until none of them changes anything. A pass may be given several times.
 * @returns the model (the one that was given unless a pass made another), and what each pass did
 * @throws what a pass throws; the model is then half changed and of no use
 */
export async function runPasses(
  model: Model,
  passes: readonly Pass[],
  context: PassContext,
  options: RunPassesOptions = {},
): Promise<{ model: Model; modified: boolean; report: PassesReport }> {
  const { maxRounds = MAX_ROUNDS, check } = options;
  const tallies = new Map<Pass, Tally>();
  for (const pass of passes)
    tallies.set(pass, { applied: 0, difference: NO_DIFFERENCE, notes: new Set(), last: new Set() });
  let current = model;
  let seen = snapshotOf(current);
  const before = seen.nodes.size;
  let settled = passes.length === 0;
  let rounds = 0;
  // Working out types takes longer than most passes: once a round, unless a pass says that it changes some.
  let worked: Promise<Types> | null = null;
  const types = (of: Model) => {
    worked ??= workOutTypes(of);
    return worked;
  };
  while (!settled && rounds < maxRounds) {
    rounds++;
    worked = null;
    settled = true;
    for (const pass of passes) {
      context.signal?.throwIfAborted();
      const tally = tallies.get(pass) as Tally;
      tally.last.clear();
      const note: PassContext["note"] = (text, about) => {
        (about ? tally.last : tally.notes).add(text);
      };
      const result = await pass.run(current, { ...context, types, note });
      if (result.model !== current || (result.modified && !pass.keepsTypes)) worked = null;
      current = result.model;
      if (result.modified) {
        settled = false;
        tally.applied++;
        const now = snapshotOf(current);
        tally.difference = sumOf(tally.difference, differenceOf(seen, now));
        seen = now;
      }
      await check?.(current, pass, result.modified);
    }
  }
  const reports = [...tallies].map(([pass, { notes, last, applied, difference }]): PassReport => {
    const texts = [...new Set([...notes, ...last])];
    for (const text of texts) context.note(text);
    return { pass: pass.name, applied, ...difference, notes: texts };
  });
  const modified = reports.some(({ applied }) => applied > 0);
  const report = { rounds, settled, nodes: { before, after: seen.nodes.size }, passes: reports };
  return { model: current, modified, report };
}

interface Tally {
  applied: number;
  difference: Difference;
  readonly notes: Set<string>;
  /** Those of its last run. */
  readonly last: Set<string>;
}
