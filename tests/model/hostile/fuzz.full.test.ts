// The whole of it: the set with the memory that it takes, and many more models that are made at random.
// MODELYARD_FUZZ=100000 for a long run, MODELYARD_FUZZ_SEED to repeat one.
import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { DEBIAN, PYPI } from "../onnx-cases.ts";
import { dumpCorpus, dumpSet, runChild } from "./process.ts";
import { HOSTILE } from "./set.ts";

const COUNT = Number(process.env.MODELYARD_FUZZ ?? 3_000);
// Main stands on what it stood on before; other seeds are for who looks for more.
const SEED = Number(process.env.MODELYARD_FUZZ_SEED ?? 1);
/** Models of this size are changed; larger ones have nothing that these do not have. */
const SMALL = 40_000;
/** Milliseconds a model, on a machine that does much else. */
const PATIENCE = 60;

/** What the process may take over the largest file. */
const MEMORY = 150_000_000;

test("the whole set takes less memory than its largest file and 150 MB", { timeout: 1_800_000 }, async () => {
  const { failures, taken } = await runChild(["set", dumpSet()], { heap: 100, seconds: 1_700 });
  expect(failures).toEqual([]);
  expect(taken).toBeLessThan(Math.max(...HOSTILE.map(({ bytes }) => bytes.length)) + MEMORY);
});

test(`${COUNT} models that are changed at random`, { timeout: 1_800_000 + COUNT * PATIENCE }, async () => {
  const good = [...DEBIAN.cases, ...PYPI.cases]
    .map(({ model }) => model)
    .filter((path) => statSync(path).size < SMALL);
  const folder = dumpCorpus(good);
  const { failures, codes } = await runChild(["fuzz", folder, `${SEED}`, `${COUNT}`], {
    heap: 200,
    seconds: 1_700 + (COUNT * PATIENCE) / 1_000,
  });
  expect(failures, `from seed ${SEED} on, in ${folder}`).toEqual([]);
  // Most are still models, and many are refused for one of many reasons.
  expect(codes[""]).toBeGreaterThan(COUNT);
  expect(Object.keys(codes).length).toBeGreaterThan(8);
});
