import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, type SessionOptions } from "../../src/run/runtime/index.ts";
import { fixture } from "./models.ts";
import { floats } from "./tensors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "modelyard-open-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a session opens, or says why not", () => {
  test("there is no such file", async () => {
    const path = join(folder, "nowhere.onnx");
    await expect(openSession({ path })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  test.each([
    ["empty", "", /graph/i],
    ["a web page", "<!doctype html><title>Not found</title>", /pars/i],
  ])("a file that is %s", async (name, text, reason) => {
    const path = join(folder, `${name}.onnx`);
    await writeFile(path, text);
    const error = await openSession({ path }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "RUN_LOAD_FAILED", message: expect.stringMatching(reason) });
    // The C++ file and signature before what the runtime says are left out.
    expect((error as Error).message).not.toContain("onnxruntime_src");
  });

  test.each([
    [{ device: "abacus" }, "RUN_DEVICE_UNKNOWN", "auto, cpu"],
    [{ isolation: "container" as "process" }, "RUN_OPTION", "isolation"],
    [{ instances: 0 }, "RUN_OPTION", "instances"],
    [{ instances: 65 }, "RUN_OPTION", "instances"],
    [{ threads: 1.5 }, "RUN_OPTION", "threads"],
    [{ batch: -1 }, "RUN_OPTION", "batch"],
    [{ batch: Number.NaN }, "RUN_OPTION", "batch"],
    [{ queue: 0 }, "RUN_OPTION", "queue"],
  ] satisfies [Partial<SessionOptions>, string, string][])("%o", async (options, code, named) => {
    const error = await openSession({ path: fixture("scalars"), ...options }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code });
    expect(`${(error as Error).message} ${(error as { hint: string }).hint}`).toContain(named);
  });

  test.each([
    [{ nodes: 25_001, constants: 0 }, "25001 nodes"],
    [{ nodes: 1, constants: 50_001 }, "50001 constants"],
    [{ nodes: Number.POSITIVE_INFINITY, constants: 0 }, "Infinity nodes"],
  ])("a graph too large for the runtime: %o", async (size, said) => {
    const error = await openSession({ path: fixture("scalars"), size }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "RUN_GRAPH_TOO_LARGE", message: expect.stringContaining(said) });
  });

  test("loading is given up", async () => {
    const signal = AbortSignal.abort();
    await expect(openSession({ path: fixture("mlp"), signal })).rejects.toMatchObject({ code: "ABORTED" });
    const later = new AbortController();
    const opening = openSession({ path: fixture("mlp"), signal: later.signal });
    later.abort();
    await expect(opening).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("telemetry is off before the runtime is loaded", async () => {
    await using session = await openSession({ path: fixture("scalars") });
    expect(process.env.ORT_DISABLE_TELEMETRY).toBe("1");
    expect(session.stats()).toMatchObject({ ready: 1, instances: 1, device: "cpu", runs: 0, merged: [0] });
  });
});

describe("a session closes", () => {
  test("after it has answered what it had, and takes nothing more", async () => {
    const session = await openSession({ path: fixture("any-rank"), batch: 0 });
    const answers = Array.from({ length: 20 }, (_, i) => session.run({ x: floats([i]) }));
    const closed = session.close();
    await expect(session.run({ x: floats([1]) })).rejects.toMatchObject({ code: "RUN_CLOSED" });
    await closed;
    expect((await Promise.all(answers)).map(({ y }) => y?.data[0])).toEqual(
      Array.from({ length: 20 }, (_, i) => -i),
    );
    await session.close();
  });

  test("and ends its threads", async () => {
    const ended: boolean[] = [];
    const watch = (worker: Worker): void => {
      const place = ended.push(false) - 1;
      worker.once("exit", () => {
        ended[place] = true;
      });
    };
    process.on("worker", watch);
    {
      await using session = await openSession({ path: fixture("any-rank"), instances: 2 });
      await Promise.all([1, 2, 3].map((n) => session.run({ x: floats([n]) })));
      expect(ended).toEqual([false, false]);
    }
    expect(ended).toEqual([true, true]);
    process.off("worker", watch);
  });

  test.each([
    ["closed", "await session.close();"],
    ["left open", ""],
    ["left open after it ran", "console.log((await session.run(feeds)).y.data[0]);"],
    ["left with a request under way", "session.run(feeds).then(({ y }) => console.log(y.data[0]));"],
  ])("a program whose session is %s ends by itself, its requests answered", async (_, rest) => {
    const script = `
      import { openSession } from ${JSON.stringify(join(import.meta.dirname, "../../dist/run/runtime/index.js"))};
      const session = await openSession({ path: ${JSON.stringify(fixture("any-rank"))}, batch: 0 });
      const feeds = { x: { dtype: "float32", shape: [1], data: Float32Array.of(5) } };
      ${rest}`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    expect(stdout).toBe(rest.includes("log") ? "-5\n" : "");
  });
});
