// Instances that come while requests queue and go when it is quiet: real workers, a clock that the test holds.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { message } from "../../bench/inspect/models.js";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { QUIET_MS } from "../../src/run/runtime/host/crowd.ts";
import { Host, type Plan } from "../../src/run/runtime/host/host.ts";
import type { Machine } from "../../src/run/runtime/host/narrow.ts";
import { availableCpus, openSession, openStream, type Session } from "../../src/run/runtime/index.ts";
import { CPU } from "../../src/run/runtime/providers/cpu.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, seeded } from "./tensors.ts";

/** Every worker that is started, and how many requests it was sent. */
let workers: { worker: Worker; asked: number }[] = [];
function watch(worker: Worker): void {
  const seen = { worker, asked: 0 };
  workers.push(seen);
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (content: unknown, ...rest: never[]) => {
    if (Array.isArray(content)) seen.asked++;
    post(content, ...rest);
  };
}
beforeEach(() => {
  workers = [];
  process.on("worker", watch);
});
afterEach(() => {
  process.off("worker", watch);
  vi.restoreAllMocks();
});

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; !what() && i < 1000; i++) await sleep(10);
  expect(what()).toBe(true);
}

const isOver = ({ worker }: { worker: Worker }) => worker.threadId === -1;

/** A machine whose clock and memory are the test's. */
class Held implements Machine {
  time = 0;
  free = 64e9;
  resident: () => number = () => 0;
  #calls = new Set<{ at: number; what: () => void }>();
  now = () => this.time;
  freeMemory = () => this.free;
  residentMemory = () => this.resident();
  after(milliseconds: number, what: () => void): () => void {
    const call = { at: this.time + milliseconds, what };
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }
  pass(milliseconds: number): void {
    this.time += milliseconds;
    for (const call of this.#calls) {
      if (call.at > this.time) continue;
      this.#calls.delete(call);
      call.what();
    }
  }
}

/** One instance on two processors; beside it two of one thread each may come. */
function planOf(path: string, narrowPath = path): Plan {
  const order = {
    isolation: "thread" as const,
    path,
    tail: null,
    runtime: CPU.runtimeOptions({ threads: 2, optimized: true }),
    single: null,
    turns: null,
    place: false,
    known: [],
    probe: false,
    codec: null,
    original: null,
  };
  const one = CPU.runtimeOptions({ threads: 1, optimized: true });
  return {
    order,
    instances: 1,
    threads: 2,
    device: "cpu",
    queue: 1024,
    batching: { max: 1, reason: "switched off" },
    narrow: {
      order: { ...order, path: narrowPath, runtime: one },
      processors: 2,
      count: 2,
      weights: 80_000,
    },
  };
}

async function openHost(machine: Machine, ...paths: [string, string?]): Promise<Host> {
  const host = new Host(planOf(...paths), machine);
  await host.open();
  return host;
}

const next = seeded(11);
const rows: Tensors[] = Array.from({ length: 8 }, () => ({
  x: floats(
    Array.from({ length: 64 }, () => 2 * next() - 1),
    [1, 64],
  ),
}));

/** Requests that are there all at once; while they are, so much time goes by. */
async function crowd(session: Session, machine: Held, milliseconds = 1500): Promise<Tensors[]> {
  const answers = Promise.all(rows.map((feeds) => session.run(feeds)));
  machine.time += milliseconds;
  return answers;
}

async function expectRight(answers: readonly Tensors[]): Promise<void> {
  for (const [i, answer] of answers.entries()) {
    const { y } = await bareRun(fixture("mlp"), rows[i] as Tensors);
    const [own, bare] = [answer.y?.data, y?.data] as Float32Array[];
    expect(own?.length).toBe(10);
    own?.forEach((value, k) => {
      expect(value).toBeCloseTo(bare?.[k] as number, 5);
    });
  }
}

describe("instances of one thread each", () => {
  test("come when requests queue, take what is not alone, answer as the runtime does, and go when it is quiet", async () => {
    const machine = new Held();
    await using host = await openHost(machine, fixture("mlp"));
    for (const feeds of rows) {
      await host.run(feeds);
      machine.pass(5000);
    }
    expect(host.stats()).toMatchObject({ instances: 1, narrow: 0, threads: 2 });

    await expectRight(await crowd(host, machine));
    await until(() => host.stats().narrow === 2);
    expect(host.stats()).toMatchObject({ ready: 3, instances: 3, threads: 2, narrowRefused: null });
    expect(workers.length).toBe(3);

    const [wide, ...narrow] = workers as [(typeof workers)[0], ...typeof workers];
    const before = wide.asked;
    await host.run(rows[0] as Tensors);
    expect([wide.asked - before, ...narrow.map(({ asked }) => asked)]).toEqual([1, 0, 0]);
    await expectRight(await crowd(host, machine));
    // The first was alone when it came.
    expect(wide.asked - before).toBe(2);
    expect(narrow.reduce((sum, { asked }) => sum + asked, 0)).toBe(7);
    for (const { asked } of narrow) expect(asked).toBeGreaterThan(1);

    machine.pass(QUIET_MS - 1);
    expect(host.stats().narrow).toBe(2);
    await host.run(rows[0] as Tensors);
    machine.pass(1);
    expect(host.stats()).toMatchObject({ ready: 1, instances: 1, narrow: 0 });
    await until(() => narrow.every(isOver));

    await crowd(host, machine);
    await until(() => host.stats().narrow === 2);
    expect(host.stats()).toMatchObject({ failed: 0, restarts: 0 });
  });

  test("stay while they compute, and as long as two requests meet now and then", async () => {
    const machine = new Held();
    await using host = await openHost(machine, fixture("mlp"));
    await crowd(host, machine);
    await until(() => host.stats().narrow === 2);
    for (let i = 0; i < 5; i++) {
      machine.pass(QUIET_MS - 1);
      await Promise.all([host.run(rows[0] as Tensors), host.run(rows[1] as Tensors)]);
    }
    expect(host.stats().narrow).toBe(2);
    const answers = crowd(host, machine, 0);
    machine.pass(10 * QUIET_MS);
    expect(host.stats().narrow).toBe(2);
    await expectRight(await answers);
  });

  test("give back the memory that they took", async () => {
    const folder = await mkdtemp(join(tmpdir(), "modelyard-narrow-"));
    try {
      const path = join(folder, "model.onnx");
      await writeFile(path, product(WIDTH, HEIGHT));
      const weights = 4 * WIDTH * HEIGHT;
      const feeds = { x: floats(new Float32Array(HEIGHT).fill(1), [1, HEIGHT]) };
      const right = (await bareRun(path, feeds)).y?.data as Float32Array;
      const resident = () => process.memoryUsage.rss();
      const machine = new Held();
      await using host = await openHost(machine, path);
      const ask = async () => {
        const answers = Promise.all(Array.from({ length: 6 }, () => host.run(feeds)));
        machine.time += 1500;
        for (const { y } of await answers) expect(y?.data[WIDTH - 1]).toBeCloseTo(right.at(-1) as number, 3);
      };
      const alone = resident();
      await ask();
      await until(() => host.stats().narrow === 2);
      await ask();
      const together = resident();
      expect(together - alone).toBeGreaterThan(1.5 * weights);
      machine.pass(QUIET_MS);
      await until(() => workers.slice(1).every(isOver));
      expect(resident() - alone).toBeLessThan(0.5 * (together - alone));
      await host.run(feeds);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("that die are started anew, and what they had fails with a coded error", async () => {
    const machine = new Held();
    await using host = await openHost(machine, fixture("mlp"));
    await crowd(host, machine);
    await until(() => host.stats().narrow === 2);
    workers[1]?.worker.postMessage(null);
    const settled = await Promise.allSettled(rows.map((feeds) => host.run(feeds)));
    const lost = settled.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    for (const { reason } of lost) expect(reason).toMatchObject({ code: "RUN_WORKER_DIED" });
    await until(() => host.stats().ready === 3 && host.stats().restarts === 1);
    await expectRight(await crowd(host, machine, 0));
    // The count outlives those that it counts.
    machine.pass(QUIET_MS);
    await until(() => host.stats().instances === 1 && workers.slice(1).every(isOver));
    expect(host.stats().restarts).toBe(1);
  });

  test("take over where the wide one is gone", async () => {
    const machine = new Held();
    await using host = await openHost(machine, fixture("mlp"));
    await crowd(host, machine);
    await until(() => host.stats().narrow === 2);
    workers[0]?.worker.postMessage(null);
    await until(() => host.stats().ready === 2);
    await host.run(rows[0] as Tensors);
    await until(() => host.stats().ready === 3);
  });

  test("carry the frames of a stream as any other instance", async () => {
    const machine = new Held();
    const path = fixture("running-total");
    await using host = await openHost(machine, path);
    const state = { input: "total", output: "total_out", shape: [1, 1] };
    const streams = Array.from({ length: 4 }, () => openStream(host, [state]));
    const frame = { x: floats([2], [1, 1]) };
    const turn = async () => {
      const frames = Promise.all(streams.map((stream) => stream.run(frame, { outputs: [state.output] })));
      // A frame is asked for once those before it are known to be answered.
      while (host.stats().running + host.stats().waiting < streams.length) await null;
      machine.time += 1500;
      return (await frames).map((outputs) => outputs[state.output]?.data[0]);
    };
    expect(await turn()).toEqual([2, 2, 2, 2]);
    await turn();
    await until(() => host.stats().narrow === 2);
    for (const total of [6, 8, 10]) expect(await turn()).toEqual([total, total, total, total]);
    expect(workers.slice(1).some(({ asked }) => asked > 0)).toBe(true);
  });

  test("that cannot be loaded leave the host as it was, and are not tried again", async () => {
    const machine = new Held();
    await using host = await openHost(machine, fixture("mlp"), fixture("not-there"));
    await crowd(host, machine);
    await until(() => host.stats().narrowRefused !== null);
    expect(host.stats().narrowRefused).toMatch(/not-there/);
    expect(host.stats()).toMatchObject({ ready: 1, instances: 1, narrow: 0, failed: 0 });
    const started = workers.length;
    for (let i = 0; i < 3; i++) {
      machine.pass(3_600_000);
      await expectRight(await crowd(host, machine));
    }
    expect(workers.length).toBe(started);
  });

  test("wait until their copies fit into half of the memory that is free", async () => {
    const machine = new Held();
    machine.free = 300_000;
    const told: string[] = [];
    await using host = new Host(
      { ...planOf(fixture("mlp")), onNarrowRefused: (reason) => told.push(reason) },
      machine,
    );
    await host.open();
    await crowd(host, machine);
    expect(host.stats().narrowRefused).toMatch(/^2 copies of up to 1 MB /);
    machine.free = 320_000;
    await crowd(host, machine);
    // Too soon to look again.
    expect(host.stats().narrowRefused).not.toBeNull();
    expect(told).toEqual([host.stats().narrowRefused]);
    machine.pass(60_000);
    await crowd(host, machine);
    await until(() => host.stats().narrow === 2);
    expect(host.stats().narrowRefused).toBeNull();
  });

  test("count as large as what the first instance really took", async () => {
    const machine = new Held();
    machine.free = 1e9;
    const resident = [100e6, 400e6];
    machine.resident = () => resident.shift() as number;
    await using host = await openHost(machine, fixture("mlp"));
    await crowd(host, machine);
    expect(host.stats().narrowRefused).toMatch(/^2 copies of up to 300 MB .* 1000 MB /);
  });

  test("of several models that are loaded at once share that half", async () => {
    const machine = new Held();
    machine.free = 400_000;
    await using one = await openHost(machine, fixture("mlp"));
    await using other = await openHost(machine, fixture("mlp"));
    await Promise.all([crowd(one, machine, 0), crowd(other, machine)]);
    const hosts = [one, other];
    const refused = hosts.filter((host) => host.stats().narrowRefused !== null);
    expect(refused).toHaveLength(1);
    await until(() => hosts.some((host) => host.stats().narrow === 2));
    machine.pass(60_000);
    await crowd(refused[0] as Host, machine);
    await until(() => refused[0]?.stats().narrow === 2);
  });

  test("are closed with the session, also while they load", async () => {
    const machine = new Held();
    const host = await openHost(machine, fixture("mlp"));
    await crowd(host, machine);
    expect(workers.length).toBe(2);
    await host.close();
    await until(() => workers.every(isOver));
    expect(host.stats()).toMatchObject({ narrow: 0, narrowRefused: null });
    const other = await openHost(machine, fixture("mlp"));
    await crowd(other, machine);
    await until(() => other.stats().narrow === 2);
    const last = crowd(other, machine, 0);
    await other.close();
    await expectRight(await last);
    await until(() => workers.every(isOver));
  });
});

describe("a session of which nobody said how many instances and threads", () => {
  // Of open lengths, so that nothing is timed: a model that a fast machine finds quick gets none.
  const path = fixture("square");
  const feeds: Tensors = { x: floats([1], [1, 1]) };

  test("gets them, where it has several processors; one that was told does not", async () => {
    const processors = availableCpus();
    let time = 0;
    vi.spyOn(performance, "now").mockImplementation(() => time);
    const jam = async (session: Session) => {
      const answers = Promise.all(Array.from({ length: 3 * processors }, () => session.run(feeds)));
      time += 1500;
      await answers;
    };
    const told = { path, weights: 1000, batch: 0 };
    for (const options of [
      { ...told, instances: 1 },
      { ...told, threads: processors },
      { path, batch: 0 },
    ]) {
      await using session = await openSession(options);
      await jam(session);
      await jam(session);
      expect(session.stats()).toMatchObject({ instances: 1, narrow: 0, narrowRefused: null });
    }
    expect(workers.length).toBe(3);
    await using session = await openSession(told);
    await jam(session);
    await until(() => session.stats().narrow === (processors > 1 ? Math.min(64, processors) : 0));
    await jam(session);
  });
});

const WIDTH = 3072;
const HEIGHT = 3072;

/** An ONNX file of one MatMul: x of [1, height] by weights of [height, width]. */
function product(width: number, height: number): Uint8Array {
  const dims = (lengths: number[]) =>
    message([
      [
        1,
        message([
          [1, 1],
          [2, message(lengths.map((length) => [1, message([[1, length]])] as const))],
        ]),
      ],
    ]);
  const value = (name: string, lengths: number[]) =>
    message([
      [1, name],
      [2, dims(lengths)],
    ]);
  const values = Float32Array.from({ length: width * height }, (_, i) => (i % 7) / 1000);
  const weights = message([
    [1, height],
    [1, width],
    [2, 1],
    [8, "w"],
    [9, new Uint8Array(values.buffer)],
  ]);
  const graph = message([
    [
      1,
      message([
        [1, "x"],
        [1, "w"],
        [2, "y"],
        [4, "MatMul"],
      ]),
    ],
    [2, "product"],
    [5, weights],
    [11, value("x", [1, height])],
    [12, value("y", [1, width])],
  ]);
  return message([
    [1, 8],
    [7, graph],
    [8, message([[2, 17]])],
  ]);
}
