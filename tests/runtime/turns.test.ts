import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Link } from "../../src/run/runtime/host/link.ts";
import { startThread } from "../../src/run/runtime/host/thread.ts";
import { CPU } from "../../src/run/runtime/providers/cpu.ts";
import type { BodiesAnswer, LoadOrder } from "../../src/run/runtime/worker/messages.ts";
import { takingTurns } from "../../src/run/runtime/worker/turns.ts";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { fixture } from "./models.ts";

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

test("a thread that ends in its turn keeps nobody waiting", async () => {
  const turns = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const module = join(emptyFolder(), "codec.mjs");
  // The runtime lets the thread's event loop go on for a moment in the middle of a run: there the next body ends it, as one does
  // for which JavaScript's memory is not enough.
  writeFileSync(
    module,
    `export function openCodec({ turns }) {
      const feeds = { x: { dtype: "float32", shape: [1, 1], data: new Float32Array([3]) } };
      return {
        read(body) {
          if (body[0] === 0) return { feeds, outputs: ["y"] };
          if (Atomics.load(new Int32Array(turns), 0) === 0) throw new Error("it is nobody's turn");
          process.exit(7);
        },
        write: (_, { y }) => String(y.data[0]),
      };
    }`,
  );
  const codec = { module: pathToFileURL(module).href, options: { turns }, constants: {} };
  const order: LoadOrder = {
    ...{
      isolation: "thread",
      path: fixture("square"),
      tail: null,
      single: null,
      turns,
      place: false,
      known: [],
    },
    ...{ runtime: CPU.runtimeOptions({ threads: 1, optimized: true }), probe: false, codec, original: null },
  };
  const open = async () => {
    const answers: BodiesAnswer[] = [];
    let end: (problem: string) => void = () => {};
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const link = await new Promise<Link>((resolve) => {
      const started: Link = startThread(order, {
        onLoaded: () => setImmediate(() => resolve(started)),
        onAnswer: (answer) => answers.push(answer as BodiesAnswer),
        onEnd: end,
      });
    });
    let id = 0;
    const send = (byte: number) => link.send([++id, "bodies", 1, false, Uint8Array.of(byte), [1], [""]]);
    return { answers, ended, send, close: link.close };
  };
  const [first, second] = await Promise.all([open(), open()]);
  first.send(0);
  first.send(1);
  expect(await first.ended).toBe("it ended with exit code 7");
  expect(first.answers).toEqual([]);
  second.send(0);
  await expect.poll(() => second.answers).toEqual([[1, null, ["3"], [], [1], null]]);
  second.close();
  await second.ended;
});
