import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { takingTurns } from "../../src/run/runtime/worker/turns.ts";
import { ROOT } from "../cli/modelyard.ts";

const later = () => new Promise((done) => setImmediate(done));

test("a thread that is given two things to do does one after the other, and does not wait for itself", async () => {
  const hold = takingTurns(new SharedArrayBuffer(4));
  const seen: string[] = [];
  const work = (name: string) =>
    hold(async () => {
      seen.push(`${name} begins`);
      await later();
      seen.push(`${name} ends`);
      return name;
    });
  expect(await Promise.all([work("a"), work("b")])).toEqual(["a", "b"]);
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

test("what fails ends its turn too", async () => {
  const hold = takingTurns(new SharedArrayBuffer(4));
  await expect(hold(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await hold(async () => 1)).toBe(1);
});

test("threads are never in their turns at once", async () => {
  const turns = new SharedArrayBuffer(4);
  const counts = new SharedArrayBuffer(12);
  const code = `
    import { workerData } from "node:worker_threads";
    const { takingTurns } = await import(workerData.module);
    const hold = takingTurns(workerData.turns);
    const [inside, most, done] = [0, 1, 2];
    const counts = new Int32Array(workerData.counts);
    for (let i = 0; i < 50; i++) {
      await hold(async () => {
        if (Atomics.add(counts, inside, 1) > 0) Atomics.store(counts, most, 1);
        await new Promise((next) => setImmediate(next));
        Atomics.sub(counts, inside, 1);
        Atomics.add(counts, done, 1);
      });
    }`;
  const module = pathToFileURL(`${ROOT}/dist/run/runtime/worker/turns.js`).href;
  const source = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise<void>((ended, broken) => {
          const worker = new Worker(source, { workerData: { turns, counts, module } });
          worker.once("error", broken);
          worker.once("exit", () => ended());
        }),
    ),
  );
  expect([...new Int32Array(counts)]).toEqual([0, 0, 150]);
});
