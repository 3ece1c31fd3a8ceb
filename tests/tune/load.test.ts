// The loads against a real HTTP server, which counts for itself what comes in.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { bench } from "../../src/run/tune/bench/bench.ts";
import { remote } from "../../src/run/tune/bench/remote.ts";
import { type Load, measureWindow } from "../../src/run/tune/load/load.ts";
import { percentile, Samples } from "../../src/run/tune/load/samples.ts";
import type { Subject } from "../../src/run/tune/load/subject.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Seen {
  readonly subject: Subject;
  requests: number;
  /** Most requests that were inside at once. */
  most: number;
}

/**
 * @param answer status and milliseconds of a request, by its number
 * @param together requests that are inside at once before the first is answered
 */
async function serve(
  answer: (request: number) => { status?: number; wait: number },
  together = 1,
): Promise<Seen> {
  let inside = 0;
  let meet = () => {};
  const met = new Promise<void>((done) => {
    meet = done;
  });
  const server = createServer((request: IncomingMessage, response) => {
    request.resume();
    if (request.method === "GET") return void response.writeHead(404).end();
    const { status = 200, wait } = answer(seen.requests++);
    seen.most = Math.max(seen.most, ++inside);
    if (inside === together) meet();
    const begun = new Promise((done) => setTimeout(done, wait));
    void Promise.all([begun, met]).then(() => {
      inside--;
      response.writeHead(status).end(status === 200 ? "{}" : '{"error": "too much"}');
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const body = { bytes: Buffer.from("{}"), type: "application/json" };
  const subject = await remote(`http://127.0.0.1:${port}/any`, { body });
  const seen: Seen = { subject, requests: 0, most: 0 };
  open.push(
    () => subject.close(),
    () => new Promise((done) => server.close(done)),
  );
  return seen;
}

const plain = { signal: new AbortController().signal, random: random(SEED), codeOf: String };

test("a closed load has as many requests inside as callers, and counts each answer", async () => {
  const seen = await serve(() => ({ wait: 5 }), 7);
  const load: Load = { kind: "closed", concurrency: 7 };
  const { samples, failures } = await measureWindow(seen.subject, load, { ...plain, seconds: 0.2 });
  expect(seen.most).toBe(7);
  expect(samples.count).toBe(seen.requests);
  expect(failures.size).toBe(0);
  expect(samples.latency().p50).toBeGreaterThan(3);
});

test("an open load does not wait for answers, and counts the time that a request waited to be sent", async () => {
  const seen = await serve(() => ({ wait: 5 }), 19);
  const load: Load = { kind: "open", rate: 100, arrivals: "constant" };
  const { samples, unsent } = await measureWindow(seen.subject, load, { ...plain, seconds: 0.2 });
  expect(samples.count + unsent).toBe(seen.requests);
  expect(Math.abs(seen.requests - 20)).toBeLessThanOrEqual(1);
  expect(seen.most).toBe(seen.requests);
});

test("the gaps of Poisson arrivals are exponential: mean and deviation are the same", async () => {
  const times: number[] = [];
  // Due times, to the turn of the loop; the answer is there at once.
  const subject = { ask: async () => void times.push(performance.now()) } as unknown as Subject;
  const load: Load = { kind: "open", rate: 2_000, arrivals: "poisson" };
  const drawn: number[] = [];
  const next = random(SEED);
  const draw = () => {
    const value = next();
    drawn.push(value);
    return value;
  };
  const { samples } = await measureWindow(subject, load, { ...plain, random: draw, seconds: 1 });
  // As many as fit into the second, whatever the machine was doing meanwhile.
  let [fitting, at] = [0, 0];
  for (const value of drawn) {
    at -= Math.log(1 - value) / 2_000;
    if (at < 1) fitting++;
  }
  expect(samples.count).toBe(fitting);
  expect(Math.abs(fitting - 2_000)).toBeLessThan(5 * Math.sqrt(2_000));
  expect(times).toHaveLength(fitting);
});

test("failures are counted by what they are, beside the answers", async () => {
  const seen = await serve((request) => ({ status: request % 3 === 2 ? 503 : 200, wait: 1 }));
  const report = await bench(seen.subject, {
    ...plain,
    loads: [{ kind: "closed", concurrency: 3 }],
    window: 0.1,
    warmUp: 0,
    windows: 3,
  });
  const [row] = report.rows;
  const failed = row?.failed.BENCH_STATUS;
  expect(failed?.message).toContain("too much");
  expect((row?.answered ?? 0) + (failed?.count ?? 0)).toBe(seen.requests - 1);
  expect(Math.abs((failed?.count ?? 0) - seen.requests / 3)).toBeLessThanOrEqual(2);
  expect(row).toMatchObject({ windows: 3, cpuSeconds: null, residentBytes: null });
});

test("a subject that refuses every request is no subject, and says why", async () => {
  const seen = await serve(() => ({ status: 500, wait: 0 }));
  const loads: Load[] = [{ kind: "closed", concurrency: 1 }];
  await expect(bench(seen.subject, { ...plain, loads })).rejects.toMatchObject({ code: "BENCH_STATUS" });
});

test("a signal ends a measurement, of a subject that refuses at once too", async () => {
  for (const load of [
    { kind: "closed", concurrency: 2 },
    { kind: "open", rate: 50, arrivals: "constant" },
  ] as const) {
    const controller = new AbortController();
    const subject = { ask: () => Promise.reject(new Error("no")) } as unknown as Subject;
    const measuring = measureWindow(subject, load, { ...plain, seconds: 60, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("stop")), 30);
    await expect(measuring).rejects.toThrow(/stop|abort/i);
  }
});

describe("percentiles", () => {
  test("are the least value that as many do not exceed", () => {
    const next = random(SEED);
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 1 + Math.floor(next() * 40) }, () => Math.floor(next() * 30));
      const sorted = Float64Array.from(values).sort();
      for (const rank of [50, 90, 99, 100]) {
        const wanted = [...new Set(values)]
          .sort((a, b) => a - b)
          .find((value) => values.filter((each) => each <= value).length * 100 >= rank * values.length);
        expect(percentile(sorted, rank), `p${rank} of ${values}`).toBe(wanted);
      }
    }
  });

  test("of millions of latencies are those of a fair part of them", () => {
    const samples = new Samples();
    for (let i = 0; i < 1_500_000; i++) samples.add(i);
    const { p50, p99, mean } = samples.latency();
    expect(samples.count).toBe(1_500_000);
    expect(mean).toBeCloseTo(749_999.5, 3);
    expect(Math.abs(p50 - 750_000)).toBeLessThan(7_500);
    expect(Math.abs(p99 - 1_485_000)).toBeLessThan(7_500);
  });
});
