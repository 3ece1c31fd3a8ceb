// Models made at random keep the runtime's answers; random-graphs.full.test.ts has many more.
import { afterAll, expect, test } from "vitest";
import { createEvaluate } from "../../src/run/convert/index.ts";
import { checkSeeds } from "./random-check.ts";

const evaluation = createEvaluate();
afterAll(() => evaluation.close());

/** MODELYARD_SEED=7 or 7-90 runs these alone. */
const [first = 0, last = first] = (process.env.MODELYARD_SEED ?? "0-99").split("-").map(Number);

test("a hundred models, written, upgraded and simplified", async () => {
  const seeds = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const { wrong, refused, models } = await checkSeeds(seeds, evaluation.evaluate);
  expect({ wrong, refused }).toEqual({ wrong: [], refused: [] });
  expect(models).toBe(seeds.length);
});
