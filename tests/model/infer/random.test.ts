import { expect, test } from "vitest";
import { SEED } from "../../seed.ts";
import { compareRandom } from "./random.ts";

test("random graphs of shape arithmetic are what was inferred, for other lengths too", async () => {
  const seed = SEED;
  const { wrong, shapes, values, others } = await compareRandom(seed, 25, 20);
  expect(wrong, `seed ${seed}`).toEqual([]);
  expect(shapes / values, `seed ${seed}`).toBeGreaterThan(0.95);
  expect(others).toBeGreaterThan(0);
});
