// Two thousand random graphs of shape arithmetic: no length and no element is inferred that is not so when they run.
import { expect, test } from "vitest";
import { SEED } from "../../seed.ts";
import { compareRandom } from "./random.ts";

test("random graphs", async () => {
  const seed = SEED;
  const { wrong, shapes, values, elements, graphs, others } = await compareRandom(seed, 2_000, 25);
  console.log(
    `seed ${seed}: ${graphs} graphs, ${others} runs with other lengths, ${shapes} of ${values} shapes known, ${elements} elements`,
  );
  expect(wrong, `seed ${seed}`).toEqual([]);
  expect(shapes / values).toBeGreaterThan(0.98);
});
