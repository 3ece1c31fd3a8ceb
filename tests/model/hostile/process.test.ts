// Every operation over every malformed model, and over models that are made by changing them: a result or a coded error each
// time, never a crash or a hang.
import { expect, test } from "vitest";
import { SEED } from "../../seed.ts";
import { dumpCorpus, dumpSet, runChild } from "./process.ts";

const FEW = 150;
/** The others take their time, and are run with the heavy tests. */
const SMALL = 100_000;

test("the set", { timeout: 600_000 }, async () => {
  const { failures, codes } = await runChild(["set", dumpSet(), `${SMALL}`], { heap: 150, seconds: 570 });
  expect(failures).toEqual([]);
  expect(codes[""]).toBeGreaterThan(1_000);
});

test("models that are changed at random", { timeout: 600_000 }, async () => {
  const seed = SEED;
  const folder = dumpCorpus();
  const { failures } = await runChild(["fuzz", folder, `${seed}`, `${FEW}`], { heap: 150, seconds: 570 });
  expect(failures, `from seed ${seed} on, in ${folder}`).toEqual([]);
});
