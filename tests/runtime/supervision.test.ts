import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { openSession, type Session } from "../../src/run/runtime/index.ts";
import { fixture } from "./models.ts";
import { floats, longs } from "./tensors.ts";

/** Every worker thread that is started, so that a test can kill it. */
let workers: Worker[] = [];
const watch = (worker: Worker): void => void workers.push(worker);
beforeEach(() => {
  workers = [];
  process.on("worker", watch);
});
afterEach(() => void process.off("worker", watch));

const busy: Tensors = { x: floats([1], []), steps: longs([1_000n], []) };
const quick: Tensors = { x: floats([1], []), steps: longs([1n], []) };

async function until(what: () => boolean): Promise<void> {
  await expect.poll(what, { interval: 10 }).toBe(true);
}

/**
 * Ends the thread as an error of its own would, by an exception that nobody catches. (`terminate` would end the
 * whole process where the thread is inside native code.)
 */
function crash(worker: Worker | undefined): void {
  worker?.postMessage(null);
}

/** To the turn of the loop in which its host hears of it: what comes after that, comes later. */
async function crashed(worker: Worker | undefined): Promise<void> {
  const gone = new Promise((done) => worker?.once("exit", done));
  crash(worker);
  await gone;
}

describe("a worker that dies", () => {
  test("fails what it had with a coded error, is started anew, and what waited is answered", async () => {
    await using session = await openSession({ path: fixture("slow") });
    crash(workers[0]);
    const running = [session.run(busy), session.run(busy)].map((run) => run.catch((error: unknown) => error));
    const waiting = [session.run(quick), session.run(quick)];
    for (const error of await Promise.all(running)) {
      expect(error).toMatchObject({ code: "RUN_WORKER_DIED", http: 503 });
    }
    for (const answer of await Promise.all(waiting)) expect(answer.y?.shape).toEqual([]);
    expect(session.stats()).toMatchObject({ restarts: 1, ready: 1, answered: 2, failed: 2, running: 0 });
    expect(workers.length).toBe(2);
    await session.run(quick);
  });

  test("while another instance goes on answering", async () => {
    await using session = await openSession({ path: fixture("slow"), instances: 2 });
    await crashed(workers[0]);
    expect(session.stats().ready).toBe(1);
    await Promise.all(Array.from({ length: 4 }, () => session.run(quick)));
    await until(() => session.stats().ready === 2);
    expect(session.stats()).toMatchObject({ restarts: 1, failed: 0, answered: 4 });
  });

  test("again and again is started ever later, and answers when it lives", async () => {
    await using session = await openSession({ path: fixture("slow") });
    for (let deaths = 1; deaths <= 3; deaths++) {
      await until(() => session.stats().ready === 1);
      await crashed(workers.at(-1));
      expect(session.stats().restarts).toBe(deaths);
    }
    // It pauses now; whoever asks meanwhile is told instead of left to wait.
    await expect(session.run(quick)).rejects.toMatchObject({ code: "RUN_WORKER_DIED" });
    await until(() => session.stats().ready === 1);
    await session.run(quick);
  });

  test("and whose model is gone fails what waits; it recovers when the model is back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "modelyard-gone-"));
    const path = join(folder, "model.onnx");
    await copyFile(fixture("slow"), path);
    await using session = await openSession({ path });
    await rm(path);
    crash(workers[0]);
    const waiting: Promise<unknown> = Promise.allSettled(
      [busy, busy, quick].map((feeds) => session.run(feeds)),
    );
    for (const result of (await waiting) as PromiseRejectedResult[]) {
      expect(result).toMatchObject({ status: "rejected", reason: { http: 503 } });
    }
    expect(session.stats().ready).toBe(0);
    await copyFile(fixture("slow"), path);
    await until(() => session.stats().ready === 1);
    await session.run(quick);
    await rm(folder, { recursive: true });
  });

  test("during the first load is an error of opening", async () => {
    process.once("worker", (worker) => void worker.terminate());
    const opening = openSession({ path: fixture("mlp") }).catch((error: unknown) => error);
    expect(await opening).toMatchObject({ code: "RUN_WORKER_DIED" });
  });

  test("does not keep a session from closing", async () => {
    const session: Session = await openSession({ path: fixture("slow") });
    crash(workers[0]);
    const lost = session.run(busy).catch((error: unknown) => error);
    await session.close();
    expect(await lost).toMatchObject({ code: "RUN_WORKER_DIED" });
    await until(() => workers.every((worker) => worker.threadId === -1));
  });
});
