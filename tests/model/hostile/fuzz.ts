// Long runs over changed models: a range of seeds, shared out among processes, of which everything that fails is kept.
import { copyFileSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Outcome, runChild } from "./process.ts";

/**
 * MODELYARD_FUZZ=100000 for a long run, MODELYARD_FUZZ_SEED to begin at another seed (or, with MODELYARD_FUZZ=1, to repeat one), and
 * MODELYARD_FUZZ_PROCESSES to share it out. Main stands on what it stood on before; other seeds are for who looks for more.
 */
export const COUNT = Number(process.env.MODELYARD_FUZZ ?? 3_000);
const SEED = Number(process.env.MODELYARD_FUZZ_SEED ?? 1);
const PROCESSES = Number(process.env.MODELYARD_FUZZ_PROCESSES ?? 1);

/** Milliseconds a model, on a machine that does much else. */
const PATIENCE = 60;
export const TIMEOUT = 1_800_000 + COUNT * PATIENCE;

/** Of as many most are still models, and many are refused for one of many reasons. */
const MANY = 1_000;

/** What a range may fail with before it ends: as many are looked at together. */
const MOST = 20;

/** Changes the models of a folder, and holds that nothing failed; what did lies in a folder that stays. */
export async function fuzz(folder: string): Promise<Outcome> {
  const each = Math.ceil(COUNT / PROCESSES);
  const ranges: Promise<Outcome>[] = [];
  for (let done = 0; done < COUNT; done += each)
    ranges.push(runRange(folder, SEED + done, Math.min(each, COUNT - done)));
  const outcomes = await Promise.all(ranges);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  expect(failures, `of seeds ${SEED} to ${SEED + COUNT - 1}${keepFailed(folder)}`).toEqual([]);
  const codes: Record<string, number> = {};
  for (const outcome of outcomes)
    for (const [code, count] of Object.entries(outcome.codes)) codes[code] = (codes[code] ?? 0) + count;
  if (COUNT >= MANY) {
    expect(codes[""]).toBeGreaterThan(COUNT);
    expect(Object.keys(codes).length).toBeGreaterThan(8);
  }
  return { failures, codes, taken: Math.max(...outcomes.map(({ taken }) => taken)) };
}

/** A model that ends the process is one that fails: the range goes on behind it. */
async function runRange(folder: string, seed: number, count: number, most = MOST): Promise<Outcome> {
  try {
    return await runChild(["fuzz", folder, `${seed}`, `${count}`, `${most}`], {
      heap: 200,
      seconds: TIMEOUT / 1_000 - 100,
    });
  } catch (error) {
    const ended = Number(/at [^\n]*: seed (\d+)/.exec(String(error))?.[1] ?? Number.NaN);
    const left = seed + count - ended - 1;
    if (Number.isNaN(ended) || left === 0 || most <= 1) throw error;
    const { failures, ...rest } = await runRange(folder, ended + 1, left, most - 1);
    return { failures: [String(error), ...failures], ...rest };
  }
}

function keepFailed(folder: string): string {
  const failed = readdirSync(folder).filter((name) => name.startsWith("seed-"));
  if (failed.length === 0) return "";
  const kept = mkdtempSync(join(tmpdir(), "modelyard-fuzz-"));
  for (const name of failed) copyFileSync(join(folder, name), join(kept, name));
  return `, kept in ${kept}`;
}
