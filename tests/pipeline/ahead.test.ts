import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { endAhead, startAhead } from "../../src/run/pipeline/ahead.ts";

test("a thread that only just loads the runtime has ended by itself before a program that failed ends", async () => {
  const codes: (number | null)[] = [];
  const watch = (worker: Worker) => {
    const at = codes.push(null) - 1;
    worker.once("exit", (code) => {
      codes[at] = code;
    });
  };
  process.on("worker", watch);
  onTestFinished(() => void process.off("worker", watch));
  startAhead("thread");
  await endAhead();
  // The reader, whom the end of the program may interrupt, and the model's.
  expect(codes).toEqual([null, 0]);
});
