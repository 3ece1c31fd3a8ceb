import type { Signature } from "../../../model/tensor/tensor.ts";
import { findObstacle } from "../batchable.ts";
import type { Batching } from "../batching.ts";
import { findGuess, hasOpenLengths, type RunSlots } from "./guess.ts";
import type { Slot } from "./messages.ts";
import { differ } from "./probe-compare.ts";
import { type Guess, inputRows } from "./probe-rows.ts";

/** The rows that are tried alone and together, in two orders, so that a sorted batch is noticed too. */
const ORDERS = [
  [0, 1, 2, 3],
  [2, 0, 3, 1],
] as const;
/** A model slower than this on one row is not probed further: merging would make callers wait, and so would loading. */
const SLOW_MS = 250;
/** Rows of the run whose time is compared with that of single rows. */
const TIMED_ROWS = 8;
/** Eight rows must take at most this part of eight single runs. Convolutions on a processor take 0.9 to 1. */
const WORTH = 0.75;
/** Most rows of a batch that nobody declared: more than what waits at 64 connections gains nothing there. */
const MAX_ROWS = 64;
/** A batch that nobody declared should not take longer than this, or than two single runs. */
const BATCH_MS = 50;

/**
 * Tries whether the rows of a model are independent, so that waiting requests may be merged, and whether merging
 * pays. Made-up seeded rows must give the same answers alone and together. That is evidence, not proof: a model
 * that mixes rows only for rare values would pass.
 * @param outputs names of all outputs, those that cannot be read among them
 * @param now milliseconds, for timing
 */
export async function probe(
  signature: Signature,
  outputs: readonly string[],
  run: RunSlots,
  now: () => number = () => performance.now(),
): Promise<Batching> {
  const obstacle = findObstacle(signature, outputs);
  if (obstacle !== null) return never(obstacle);

  const started = now();
  const guess = await findGuess(signature, run);
  if (typeof guess === "string") return never(guess);
  const first = now() - started;
  if (first > SLOW_MS)
    return never(`one row takes ${first.toFixed(0)} ms, so that callers would wait too long`);

  const mixed = await findMixing(signature, guess, run);
  if (mixed !== null) return never(mixed);
  return await decide(signature, guess, run, now);
}

/** A single row faster than this gains nothing from a second thread: waking one takes some hundredths of a millisecond. */
const QUICK_MS = 0.5;
const QUICK_RUNS = 5;
/** So many times slower is no noise: a large model is not run again and again while somebody waits for it to load. */
const FAR_FROM_QUICK = 10;

/**
 * Whether one row takes so little time that the model should run on one thread. False where inputs may be much larger
 * than made-up ones, because lengths besides the rows are open.
 */
export async function isQuick(
  signature: Signature,
  run: RunSlots,
  now: () => number = () => performance.now(),
): Promise<boolean> {
  if (hasOpenLengths(signature)) return false;
  const guess = await findGuess(signature, run);
  if (typeof guess === "string") return false;
  for (let i = 0; i < QUICK_RUNS; i++) {
    const slots = inputRows(signature, guess, [0]);
    const started = now();
    await run(slots);
    const took = now() - started;
    if (took < QUICK_MS) return true;
    if (took > FAR_FROM_QUICK * QUICK_MS) return false;
  }
  return false;
}

function never(reason: string): Batching {
  return { max: 1, reason };
}

/** What shows that rows are not independent; null where nothing does. */
async function findMixing(signature: Signature, guess: Guess, run: RunSlots): Promise<string | null> {
  const alone: Slot[][] = [];
  try {
    for (const row of ORDERS[0]) alone.push(await run(inputRows(signature, guess, [row])));
    for (const order of ORDERS) {
      const together = await run(inputRows(signature, guess, order));
      const mixed = differ(
        signature.outputs,
        order.map((row) => alone[row] as Slot[]),
        together,
      );
      if (mixed !== null) return mixed;
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return `several rows together failed (${problem.split("\n", 1)[0]})`;
  }
  return null;
}

/** From the time that one row and several rows take: whether merging pays, and how many rows at most. */
async function decide(
  signature: Signature,
  guess: Guess,
  run: RunSlots,
  now: () => number,
): Promise<Batching> {
  const time = async (rows: number): Promise<number> => {
    const slots = inputRows(
      signature,
      guess,
      Array.from({ length: rows }, (_, row) => row),
    );
    let best = Number.POSITIVE_INFINITY;
    // The first run of a new shape also plans memory; the best of three is the model's own time.
    for (let i = 0; i < 3; i++) {
      const start = now();
      await run(slots);
      best = Math.min(best, now() - start);
    }
    return Math.max(best, 0.001);
  };
  const one = await time(1);
  const many = await time(TIMED_ROWS);
  const part = many / (TIMED_ROWS * one);
  const measured = `${TIMED_ROWS} rows take ${(many / one).toFixed(1)} times one (${one.toFixed(2)} ms)`;
  if (part > WORTH) return never(`merging does not pay: ${measured}`);
  const each = Math.max((many - one) / (TIMED_ROWS - 1), 0.001);
  const fitting = Math.floor((Math.max(BATCH_MS, 2 * one) - one) / each);
  const max = Math.max(2, Math.min(MAX_ROWS, fitting));
  return { max, reason: `rows gave the same answers alone and together, and ${measured}` };
}
