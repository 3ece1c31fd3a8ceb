// The whole of it: the malformed files with the memory that they take, and many more that are made at random.
// MODELYARD_FUZZ=100000 for a long run, MODELYARD_FUZZ_SEED to repeat one.
import { expect, test } from "vitest";
import { dumpTflite, runChild } from "../../hostile/process.ts";
import { casesOf, PACKS } from "../packs.ts";
import { HOSTILE_TFLITE } from "./set.ts";

const COUNT = Number(process.env.MODELYARD_FUZZ ?? 3_000);
// Main stands on what it stood on before; other seeds are for who looks for more.
const SEED = Number(process.env.MODELYARD_FUZZ_SEED ?? 1);
/** Milliseconds a file, on a machine that does much else. */
const PATIENCE = 60;

/** What the process may take over the largest file. */
const MEMORY = 150_000_000;

test("the whole set takes less memory than its largest file and 150 MB", { timeout: 1_800_000 }, async () => {
  const { failures, taken } = await runChild(["set", dumpTflite(HOSTILE_TFLITE)], {
    heap: 100,
    seconds: 1_700,
  });
  expect(failures).toEqual([]);
  expect(taken).toBeLessThan(Math.max(...HOSTILE_TFLITE.map(({ bytes }) => bytes.length)) + MEMORY);
});

test(`${COUNT} files that are changed at random`, { timeout: 1_800_000 + COUNT * PATIENCE }, async () => {
  const good = [...PACKS.keys()].flatMap((operator) =>
    casesOf(operator).map(({ name, model }) => ({ name, bytes: model })),
  );
  const folder = dumpTflite(HOSTILE_TFLITE, good);
  const { failures, codes, taken } = await runChild(["fuzz", folder, `${SEED}`, `${COUNT}`], {
    heap: 200,
    seconds: 1_700 + (COUNT * PATIENCE) / 1_000,
  });
  expect(failures, `from seed ${SEED} on, in ${folder}`).toEqual([]);
  expect(taken).toBeLessThan(MEMORY + 100_000_000);
  // Most are still files, and many are refused for one of many reasons.
  expect(codes[""]).toBeGreaterThan(COUNT);
  expect(Object.keys(codes).length).toBeGreaterThan(8);
});
