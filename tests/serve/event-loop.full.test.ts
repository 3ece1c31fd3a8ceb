// No inference on the main thread: what docs/bench/event-loop.md measures, with a bound that holds on a busy machine too.
import { expect, test } from "vitest";
import { measureEventLoop } from "../../bench/event-loop/measure.js";

test("the server's event loop turns while a model answers for a second", async () => {
  const [round] = await measureEventLoop(1, 1);
  const ms = 1_000 * (round?.seconds ?? 0);
  expect(ms).toBeGreaterThan(0);
  // Held up by the run itself, it would turn a few times in all, and be late by all of it. It is late too where others have the
  // processors, but by a part of what the run, which wants all of them, is late by.
  expect(round?.busy.count).toBeGreaterThan(ms / 50);
  expect(round?.busy.p99).toBeLessThan(ms / 4);
});
