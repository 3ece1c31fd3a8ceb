import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { compileModel, type OnDemandSession, type Residence } from "../../src/run/runtime/index.ts";
import { sumMappings } from "../../src/run/runtime/residency/mappings.ts";
import { Residency } from "../../src/run/runtime/residency/residency.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, longs, seeded } from "./tensors.ts";

const SEED = 31;
const folder = mkdtempSync(join(tmpdir(), "modelyard-residency-"));
afterAll(() => rmSync(folder, { recursive: true }));
/** Bytes that the largest of the models below was found to take. */
let size = 0;

function residence(name: string, more: Partial<Residence["options"]> = {}, pinned = false): Residence {
  const options = { path: fixture(name), batch: 8, instances: 1, threads: 1, ...more };
  return { name, source: name, made: "", pinned, options, weights: null };
}

/** @param memory in sizes of the largest model */
function open(memory: number, problems: unknown[] = []): Residency {
  const residency = new Residency({
    memory: memory * size,
    folder,
    onProblem: (error) => problems.push(error),
  });
  onTestFinished(() => residency.close());
  return residency;
}

async function openOne(
  residency: Residency,
  ...args: Parameters<typeof residence>
): Promise<OnDemandSession> {
  const session = await residency.open(residence(...args));
  onTestFinished(() => session.close());
  return session;
}

const NAMES = ["mlp", "slow", "any-rank"] as const;
const QUICK: Tensors = { x: floats([1], []), steps: longs([1n], []) };

describe.skipIf(process.platform !== "linux")("models under one budget", () => {
  beforeAll(async () => {
    const residency = new Residency({ memory: 2 ** 40, folder, onProblem: () => {} });
    for (const name of NAMES) {
      const session = await residency.open(residence(name));
      expect(session.isLoaded).toBe(false);
      const before = residency.stats().used;
      await session.load();
      const used = residency.stats().used - before;
      // A thread with the runtime's JavaScript, and a model of some kilobytes.
      expect(used).toBeGreaterThan(1e6);
      expect(used).toBeLessThan(100e6);
      size = Math.max(size, used);
      await session.close();
    }
    expect(residency.stats()).toMatchObject({ used: 0, loads: 3, evictions: 0 });
    await residency.close();
  });

  test("are measured once; then what they take is known without a process or a thread", async () => {
    const kept = readdirSync(folder);
    expect(kept.length).toBeGreaterThanOrEqual(NAMES.length);
    const session = await openOne(open(5), "mlp");
    expect(session.signature.inputs.map(({ name, dtype }) => [name, dtype])).toEqual([["x", "float32"]]);
    expect(session.maxBatch).toBe(8);
    expect(session.isLoaded).toBe(false);
    expect(session.stats()).toMatchObject({ ready: 0, instances: 0, device: "cpu" });
    expect(readdirSync(folder)).toEqual(kept);
  });

  test(`come when they are asked and leave for others; each request gets its own answer (seed ${SEED})`, async () => {
    const next = seeded(SEED);
    const residency = open(2.2);
    const sessions = await Promise.all(NAMES.map((name) => openOne(residency, name)));
    const feeds = (at: number): Tensors => {
      const values = (count: number) => Array.from({ length: count }, () => 2 * next() - 1);
      if (at === 0) return { x: floats(values(64), [1, 64]) };
      if (at === 1) return { x: floats(values(1), []), steps: longs([BigInt(Math.floor(next() * 9))], []) };
      return { x: floats(values(3)) };
    };
    const asked: Promise<void>[] = [];
    for (let i = 0; i < 60; i++) {
      const at = Math.floor(next() * NAMES.length);
      const input = feeds(at);
      const ask = async () => {
        const answer = await (sessions[at] as OnDemandSession).run(input);
        if (NAMES[at] === "slow") {
          // It draws its weights anew each time it is loaded.
          expect(answer.y?.shape).toEqual([]);
          return;
        }
        const expected = await bareRun(fixture(NAMES[at] as string), input);
        for (const [name, { data }] of Object.entries(expected))
          for (const [k, value] of Array.from(data as Float32Array).entries())
            expect(answer[name]?.data[k]).toBeCloseTo(value, 5);
      };
      asked.push(ask());
      expect(residency.stats().used).toBeLessThanOrEqual(residency.stats().limit);
      // Some wait for those before, others come at once.
      if (next() < 0.3) await Promise.all(asked);
    }
    await Promise.all(asked);
    const { evictions, loads } = residency.stats();
    expect(evictions).toBeGreaterThan(3);
    expect(loads).toBeGreaterThan(evictions);
    const stats = sessions.map((session) => session.stats());
    expect(stats.reduce((sum, { answered }) => sum + answered, 0)).toBe(60);
    expect(sessions.some((session) => !session.isLoaded)).toBe(true);
  });

  test("pinned ones stay, and one that can never fit is refused while the others go on", async () => {
    const residency = open(2.2);
    const pinned = await openOne(residency, "mlp", {}, true);
    expect(pinned.isLoaded).toBe(true);
    const others = [await openOne(residency, "slow"), await openOne(residency, "any-rank")] as const;
    for (let i = 0; i < 3; i++) {
      await others[0].run(QUICK);
      await others[1].run({ x: floats([i]) });
    }
    expect(pinned.isLoaded).toBe(true);
    const small = open(0.1);
    await expect(small.open(residence("slow"))).rejects.toMatchObject({ code: "MODEL_OVER_BUDGET" });
  });

  test("are not loaded for what they cannot answer, and nobody waits longer than asked", async () => {
    const residency = open(1.2);
    const slow = await openOne(residency, "slow");
    const other = await openOne(residency, "any-rank");
    await expect(slow.run({ x: floats([1], []) })).rejects.toMatchObject({ code: "RUN_INPUT_MISSING" });
    expect(residency.stats().loads).toBe(0);
    const busy = slow.run({ ...QUICK, steps: longs([8000n], []) });
    await expect.poll(() => slow.busy).toBe(true);
    const control = new AbortController();
    const given = other.run({ x: floats([1]) }, { signal: control.signal });
    const late = other.run({ x: floats([1]) }, { deadline: Date.now() + 20 });
    const patient = other.run({ x: floats([7]) });
    control.abort();
    await expect(given).rejects.toMatchObject({ code: "ABORTED" });
    await expect(late).rejects.toMatchObject({
      code: "RUN_DEADLINE",
      message: expect.stringContaining("loaded"),
    });
    await busy;
    expect((await patient).y?.data[0]).toBe(-7);
    expect(slow.isLoaded).toBe(false);
  });

  test("whose file is gone fail with a code, and answer when it is back", async () => {
    const path = join(emptyFolder(), "model.onnx");
    copyFileSync(fixture("any-rank"), path);
    const session = await openOne(open(3), "any-rank", { path });
    renameSync(path, `${path}.away`);
    await expect(session.run({ x: floats([1]) })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    renameSync(`${path}.away`, path);
    expect((await session.run({ x: floats([1]) })).y?.data[0]).toBe(-1);
    await session.close();
    await expect(session.run({ x: floats([1]) })).rejects.toMatchObject({ code: "RUN_CLOSED" });
  });

  test("share what is mapped of one artefact, which counts once and is no more than its weights", async () => {
    const folder = emptyFolder();
    const artefact = await compileModel({ path: fixture("mlp"), source: "mlp", folder });
    const [graph, weights] = artefact.files;
    const bytes = weights?.bytes ?? 0;
    expect(bytes).toBeGreaterThan(50_000);
    const residency = open(5);
    const from = (name: string): Residence => ({
      ...residence(name, { path: join(folder, graph?.name ?? ""), optimize: false }),
      source: "compiled",
      weights: join(folder, weights?.name ?? ""),
    });
    const sessions = [await residency.open(from("one")), await residency.open(from("other"))] as const;
    onTestFinished(async () => void (await Promise.all(sessions.map((session) => session.close()))));
    await sessions[0].load();
    const one = residency.stats().used;
    await sessions[1].load();
    const both = residency.stats().used;
    const mapped = 2 * one - both;
    // The file holds some weights twice, as they are and as kernels want them: pages that nobody reads take no memory.
    expect(mapped).toBeGreaterThan(0.4 * bytes);
    expect(mapped).toBeLessThan(bytes + 65_536);
  });

  test("in processes give all back when they leave; what was noted of them and is damaged is measured again", async () => {
    const problems: unknown[] = [];
    const residency = open(20, problems);
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "{}");
    const sessions = [0, 1, 2].map(() => openOne(residency, "slow", { isolation: "process" }));
    const [session, ...others] = await Promise.all(sessions);
    await session?.run(QUICK);
    const { used } = residency.stats();
    // Node itself, and the runtime.
    expect(used).toBeGreaterThan(10e6);
    for (const other of others) await other.run(QUICK);
    const all = [session, ...others].flatMap((each) => each?.stats().processes ?? []);
    expect(all.length).toBe(3);
    for (const each of [session, ...others]) each?.leave();
    await expect.poll(() => residency.stats().used).toBe(0);
    // Few are kept for the models that come next, and hold none until then.
    const left = all.map(titleOf).filter((title) => title !== null);
    expect(left).toEqual(Array(left.length).fill("spare"));
    expect(left.length).toBeLessThan(3);
    await session?.run(QUICK);
    expect(session?.stats().answered).toBe(2);
    expect(problems).toEqual([]);
  });
});

/** What a process calls itself; null: it has ended. */
function titleOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim() || null;
  } catch {
    return null;
  }
}

test("mappings: what no file has, and the one file; libraries are left out", () => {
  const mapping = (head: string, pss: number, own = 0) =>
    `${head}\nSize: 4096 kB\nRss: 4096 kB\nPss:   ${pss} kB\nPss_Dirty: 9 kB\nAnonymous:  ${own} kB\n`;
  const text = [
    mapping("00400000-00800000 r-xp 00000000 08:01 42                         /usr/bin/node", 1000, 64),
    mapping("01000000-02000000 rw-p 00000000 00:00 0                          [heap]", 20),
    mapping("7f0000000000-7f0000400000 rw-p 00000000 00:00 0 ", 7),
    mapping("7f1000000000-7f1000400000 r--s 00000000 08:01 43                 /cache/a b/model.weights", 300),
    mapping("7f1000400000-7f1000800000 r--s 00000000 08:01 43                 /cache/a b/model.weights", 5),
  ].join("");
  expect(sumMappings(text, "/cache/a b/model.weights")).toEqual({ anonymous: 91 * 1024, file: 305 * 1024 });
  expect(sumMappings(text, null)).toEqual({ anonymous: 91 * 1024, file: 0 });
});
