// No inference on the main thread: what docs/bench/event-loop.md measures, with a bound that holds on a busy machine too.
import { expect, test } from "vitest";
import { measureEventLoop } from "../../bench/event-loop/measure.js";

test("the server's event loop turns while a model answers for a second", async () => {
  const [round] = await measureEventLoop(1, 1);
  expect(round?.seconds).toBeGreaterThan(0.3);
  // Held up by the run itself, it would turn a few times in all, and be late by the whole second.
  expect(round?.busy.count).toBeGreaterThan(100);
  expect(round?.busy.p99).toBeLessThan(100);
});
