import { type ChildProcess, execFile } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { keepSpare, openSession, type Session, type SessionOptions } from "../../src/run/runtime/index.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, longs, seeded } from "./tensors.ts";

const SEED = 7;

async function openApart(options: SessionOptions): Promise<Session> {
  const session = await openSession({ ...options, isolation: "process" });
  onTestFinished(() => session.close());
  return session;
}

async function until(what: () => boolean): Promise<void> {
  await expect.poll(what, { interval: 10 }).toBe(true);
}

/** What becomes of a request: its answer, or the code of its error. */
const outcome = (run: Promise<Tensors>) =>
  run.then(
    () => "answered",
    (error: { code: string }) => error.code,
  );

const isAlive = (pid: number) => {
  try {
    // One that has ended and waits for its parent to notice counts as ended.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

const quick: Tensors = { x: floats([1], []), steps: longs([1n], []) };
const endless: Tensors = { x: floats([1], []), steps: longs([1_000_000_000n], []) };

describe("a model in a process of its own", () => {
  test("answers as the runtime does, alone and merged, whatever part of a buffer the input is", async () => {
    const next = seeded(SEED);
    const session = await openApart({ path: fixture("mlp"), batch: 8 });
    const pool = new Float32Array(4096).map(() => 2 * next() - 1);
    const feeds = Array.from({ length: 12 }, (_, i): Tensors => {
      const rows = 1 + (i % 3);
      return { x: { dtype: "float32", shape: [rows, 64], data: pool.subarray(i * 64, (i + rows) * 64) } };
    });
    const answers = await Promise.all(feeds.map((each) => session.run(each)));
    for (const [i, each] of feeds.entries()) {
      const expected = await bareRun(fixture("mlp"), each);
      for (const [name, { data, shape }] of Object.entries(expected)) {
        expect(answers[i]?.[name]?.shape).toEqual(shape);
        for (const [at, value] of (data as Float32Array).entries())
          expect(answers[i]?.[name]?.data[at]).toBeCloseTo(value, 5);
      }
    }
    expect(session.stats().processes.length).toBe(1);
    expect(session.stats().processes).not.toContain(process.pid);
  });

  test("says why it cannot be loaded, and what is wrong with an input", async () => {
    const path = join(import.meta.dirname, "processes.test.ts");
    await expect(openSession({ path, isolation: "process" })).rejects.toMatchObject({
      code: "RUN_LOAD_FAILED",
    });
    const session = await openApart({ path: fixture("slow") });
    await expect(session.run({ x: floats([1], []) })).rejects.toMatchObject({ code: "RUN_INPUT_MISSING" });
  });

  test("whose process is killed under load: each request is answered or fails with a code, and the next is answered", async () => {
    const session = await openApart({ path: fixture("slow") });
    const codes = new Set<string>();
    for (let kill = 0; kill < 8; kill++) {
      await until(() => session.stats().ready === 1);
      const runs = Array.from({ length: 6 }, () => outcome(session.run(quick)));
      for (const pid of session.stats().processes) process.kill(pid, "SIGKILL");
      for (const each of await Promise.all(runs)) codes.add(each);
      expect(await outcome(session.run(quick))).toBe("answered");
    }
    expect([...codes].filter((code) => code !== "answered")).toEqual(["RUN_WORKER_DIED"]);
    expect(session.stats()).toMatchObject({ restarts: 8, ready: 1, waiting: 0, running: 0 });
    const lost = outcome(session.run(endless));
    process.kill(session.stats().processes[0] as number, "SIGSEGV");
    expect(await lost).toBe("RUN_WORKER_DIED");
  });

  test("killed again and again before it has answered anything, it is started for whoever asks", async () => {
    const session = await openApart({ path: fixture("slow") });
    for (let kills = 1; kills <= 5; kills++) {
      // By its number: it may be ready again before anybody has looked.
      await until(() => session.stats().processes.length === 1);
      process.kill(session.stats().processes[0] as number, "SIGKILL");
      await until(() => session.stats().restarts === kills);
    }
    expect(await outcome(session.run(quick))).toBe("answered");
    expect(session.stats()).toMatchObject({ restarts: 5, answered: 1, failed: 0 });
  });

  test("killed while it loads for the first time, it is loaded once more; twice is an error of opening", async () => {
    const started: ChildProcess[] = [];
    let kills = 1;
    const watch = (message: unknown) => {
      const child = (message as { process: ChildProcess }).process;
      started.push(child);
      // By its handle, since it has no number yet.
      if (started.length <= kills) child.once("spawn", () => child.kill("SIGKILL"));
    };
    subscribe("child_process", watch);
    onTestFinished(() => void unsubscribe("child_process", watch));
    const session = await openApart({ path: fixture("slow") });
    expect(await outcome(session.run(quick))).toBe("answered");
    expect(started.length).toBe(2);
    kills = 4;
    const opening = openSession({ path: fixture("slow"), isolation: "process" });
    await expect(opening).rejects.toMatchObject({ code: "RUN_WORKER_DIED" });
    expect(started.length).toBe(4);
  });

  test("a run that goes on after its deadline is ended with its process; what waited behind it is answered", async () => {
    const session = await openApart({ path: fixture("slow") });
    const [before] = session.stats().processes;
    const late = session.run(endless, { deadline: Date.now() + 100 });
    const behind = [1, 2, 3].map(() => outcome(session.run(quick)));
    await expect(late).rejects.toMatchObject({
      code: "RUN_DEADLINE",
      message: expect.stringContaining("being answered"),
    });
    expect(await Promise.all(behind)).toEqual(["answered", "answered", "answered"]);
    expect(session.stats()).toMatchObject({ restarts: 1, ready: 1, failed: 1, running: 0, waiting: 0 });
    expect(session.stats().processes).not.toContain(before);
    expect(isAlive(before as number)).toBe(false);
  });

  test("a deadline that is kept ends nothing, nor does a caller who gives up", async () => {
    const session = await openApart({ path: fixture("slow") });
    const { processes } = session.stats();
    const control = new AbortController();
    const given = outcome(session.run({ ...quick, steps: longs([300n], []) }, { signal: control.signal }));
    // No turn of the loop lies between the sight of it and the abort, so no answer does, however fast it is.
    expect(session.stats().running).toBe(1);
    control.abort();
    expect(await given).toBe("ABORTED");
    await session.run(quick, { deadline: Date.now() + 60_000 });
    await sleep(150);
    expect(session.stats()).toMatchObject({ restarts: 0, processes });
  });

  test("is ended by closing, in the middle of loading too", async () => {
    const session = await openSession({ path: fixture("slow"), isolation: "process", instances: 2 });
    const { processes } = session.stats();
    expect(processes.filter(isAlive).length).toBe(2);
    await session.close();
    expect(processes.filter(isAlive)).toEqual([]);
    const control = new AbortController();
    const opening = openSession({ path: fixture("slow"), isolation: "process", signal: control.signal });
    control.abort();
    await expect(opening).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("which its model has left takes the next one, where models come and go; one that was ended does not", async () => {
    const leave = keepSpare("process");
    onTestFinished(leave);
    const one = await openApart({ path: fixture("slow"), threads: 1 });
    const [held] = one.stats().processes;
    expect(await outcome(one.run(quick))).toBe("answered");
    await one.close();
    const again = await openApart({ path: fixture("slow"), threads: 1 });
    expect(again.stats().processes).toEqual([held]);
    expect(await outcome(again.run(quick))).toBe("answered");
    const late = again.run(endless, { deadline: Date.now() + 100 });
    await expect(late).rejects.toMatchObject({ code: "RUN_DEADLINE" });
    await until(() => !isAlive(held as number));
    expect(await outcome(again.run(quick))).toBe("answered");
  });

  test.each([
    ["left open", ""],
    ["left with a request under way", "session.run(feeds).then(({ y }) => console.log(y.data[0]));"],
    ["left by a signal", `session.run(endless).catch(() => {}); setTimeout(bySignal, 50);`],
    ["left by an exit", "session.run(endless).catch(() => {}); setTimeout(() => process.exit(), 50);"],
  ])("a program whose session is %s ends, and the process with it", async (_, rest) => {
    const script = `
      import { endProcesses, openSession } from ${JSON.stringify(join(import.meta.dirname, "../../dist/run/runtime/index.js"))};
      const session = await openSession({ path: ${JSON.stringify(fixture("slow"))}, isolation: "process" });
      const scalar = (dtype, data) => ({ dtype, shape: [], data });
      const feeds = { x: scalar("float32", Float32Array.of(5)), steps: scalar("int64", BigInt64Array.of(0n)) };
      const endless = { ...feeds, steps: scalar("int64", BigInt64Array.of(1000000000n)) };
      const bySignal = () => {
        endProcesses();
        process.kill(process.pid, "SIGTERM");
      };
      console.log(session.stats().processes[0]);
      ${rest}`;
    const args = ["--input-type=module", "-e", script];
    const ended = await promisify(execFile)(process.execPath, args).catch((error) => error);
    const { stdout, signal } = ended as { stdout: string; signal?: string };
    expect(signal).toBe(rest.includes("bySignal") ? "SIGTERM" : undefined);
    const [pid, ...printed] = stdout.trim().split("\n");
    expect(printed.length).toBe(rest.includes("log") ? 1 : 0);
    await until(() => !isAlive(Number(pid)));
  });
});
