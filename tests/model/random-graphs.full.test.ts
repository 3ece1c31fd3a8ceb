// Two thousand models made at random keep the runtime's answers when they are written, upgraded and simplified.
import { afterAll, expect, test } from "vitest";
import { createEvaluate } from "../../src/run/convert/index.ts";
import { checkSeeds } from "./random-check.ts";

const evaluation = createEvaluate();
afterAll(() => evaluation.close());

/** MODELYARD_SEED=2000-9999 runs others. */
const [first = 0, last = first] = (process.env.MODELYARD_SEED ?? "0-1999").split("-").map(Number);
const BLOCK = 250;
const BLOCKS = Array.from({ length: Math.ceil((last - first + 1) / BLOCK) }, (_, i) => first + i * BLOCK);

test.each(BLOCKS)("models from seed %d on", async (start) => {
  const seeds = Array.from({ length: Math.min(BLOCK, last - start + 1) }, (_, i) => start + i);
  const { wrong, refused, models } = await checkSeeds(seeds, evaluation.evaluate);
  expect({ wrong, refused }).toEqual({ wrong: [], refused: [] });
  expect(models).toBe(seeds.length);
});
