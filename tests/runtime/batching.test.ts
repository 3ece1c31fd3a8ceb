import { describe, expect, test } from "vitest";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { openSession, type Session } from "../../src/run/runtime/index.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, longs, seeded } from "./tensors.ts";

describe("any interleaving gives each caller exactly its own rows", () => {
  test.each([1, 2, 3, 4, 5, 6])("two inputs, random rows and lengths, seed %i", async (seed) => {
    const next = seeded(seed);
    const upTo = (n: number): number => Math.floor(next() * (n + 1));
    const maxBatch = 2 + upTo(14);
    const path = fixture("two-inputs");
    await using session = await openSession({ path, batch: maxBatch, instances: 1 + upTo(1) });
    const pending: Promise<void>[] = [];
    for (let i = 0; i < 200; i++) {
      // Now and then no rows at all, or more than a batch takes.
      const rows = upTo(9) === 0 ? upTo(1) * 40 : 1 + upTo(3);
      const length = 1 + upTo(2);
      const feeds = {
        x: floats(
          Array.from({ length: rows * length }, () => next()),
          [rows, length],
        ),
        id: longs(Array.from({ length: rows }, () => BigInt(upTo(3)))),
      };
      const outputs = [undefined, ["scaled"], ["next"], ["next", "scaled"]][upTo(3)];
      pending.push(
        session.run(feeds, outputs === undefined ? {} : { outputs }).then(async (answer) => {
          const whole = await bareRun(path, feeds);
          const expected = Object.fromEntries(
            (outputs ?? ["scaled", "next"]).map((name) => [name, whole[name]]),
          );
          expect(answer).toEqual(expected);
        }),
      );
      if (upTo(20) === 0) await new Promise((resolve) => setTimeout(resolve, upTo(3)));
    }
    await Promise.all(pending);
    const { merged, answered, runs } = session.stats();
    expect(answered).toBe(200);
    // It did merge, and never more requests than rows fit.
    expect(runs).toBeLessThan(200);
    expect(merged.length - 1).toBeGreaterThan(1);
    expect(merged.length - 1).toBeLessThanOrEqual(maxBatch);
  });

  test("the perceptron agrees with the bare runtime whatever it is merged with", async () => {
    const path = fixture("mlp");
    const next = seeded(11);
    await using session = await openSession({ path, batch: 64 });
    const requests = Array.from({ length: 300 }, () => {
      const rows = 1 + Math.floor(next() * 3);
      return {
        x: floats(
          Array.from({ length: rows * 64 }, () => next() * 2 - 1),
          [rows, 64],
        ),
      };
    });
    const answers = await Promise.all(requests.map((feeds) => session.run(feeds)));
    for (const [i, feeds] of requests.entries()) {
      const expected = (await bareRun(path, feeds)).y;
      expect(answers[i]?.y?.shape).toEqual(expected?.shape);
      for (const [k, value] of Array.from(expected?.data ?? [], Number).entries()) {
        expect(answers[i]?.y?.data[k]).toBeCloseTo(value, 5);
      }
    }
    const { merged } = session.stats();
    expect(merged.length - 1).toBeGreaterThan(10);
  });

  test("rows of the whole batch never pass the limit", async () => {
    await using session = await openSession({ path: fixture("table-of-four"), batch: 8 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => session.run({ id: longs(new Array(3).fill(BigInt(i % 4))) })),
    );
    for (const [i, { row }] of answers.entries()) expect(row?.data[0]).toBe((i % 4) * 3);
    // Three requests would be nine rows.
    expect(session.stats().merged.length - 1).toBe(2);
  });
});

describe("what must not be merged is not", () => {
  const eight = (session: Session, feeds: (i: number) => Tensors, options = {}): Promise<Tensors[]> =>
    Promise.all(Array.from({ length: 8 }, (_, i) => session.run(feeds(i), options)));

  test("requests that differ in another dimension, or in the outputs wanted", async () => {
    await using session = await openSession({ path: fixture("two-inputs"), batch: 8 });
    await eight(session, (i) => ({ x: floats(new Float32Array(i + 1), [1, i + 1]), id: longs([0n]) }));
    expect(session.stats().merged).toEqual([0, 8]);
    const feeds = { x: floats([1], [1, 1]), id: longs([0n]) };
    await Promise.all([
      session.run(feeds, { outputs: ["next"] }),
      session.run(feeds, { outputs: ["scaled"] }),
      session.run(feeds),
    ]);
    expect(session.stats().merged).toEqual([0, 11]);
  });

  test("requests that ask to be alone, and all where it is switched off or the model has states", async () => {
    const path = fixture("mlp");
    const x = floats(new Float32Array(64), [1, 64]);
    await using session = await openSession({ path, batch: 8 });
    await eight(session, () => ({ x }), { alone: true });
    expect(session.stats().merged).toEqual([0, 8]);
    await using off = await openSession({ path, batch: 1 });
    await eight(off, () => ({ x }));
    expect(off.stats().merged).toEqual([0, 8]);
    expect(off.batching).toEqual({ max: 1, reason: "switched off" });
    const states = [{ input: "total", output: "total_out", shape: [1, 1] }];
    await using stateful = await openSession({ path: fixture("running-total"), batch: 8, states });
    expect(stateful.batching).toMatchObject({ max: 1, reason: expect.stringContaining("stateful") });
  });

  test("a declared batch that the signature forbids", async () => {
    await using scalars = await openSession({ path: fixture("scalars"), batch: 8 });
    expect(scalars.batching).toEqual({ max: 1, reason: "input a has no leading dimension" });
  });
});

describe("one request does not spoil the others", () => {
  test("a batch that fails is tried again one by one", async () => {
    await using session = await openSession({ path: fixture("table-of-four"), batch: 64 });
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) => session.run({ id: longs([i % 10 === 7 ? 99n : BigInt(i % 4)]) })),
    );
    for (const [i, result] of results.entries()) {
      if (i % 10 === 7) expect(result).toMatchObject({ reason: { code: "RUN_FAILED" } });
      else expect(result).toMatchObject({ value: { row: { data: { 0: (i % 4) * 3 } } } });
    }
    const { merged, answered, failed } = session.stats();
    // Sixteen are worth a run at once; the others wait for it and go together.
    expect({ answered, failed, first: merged[16], second: merged[24] }).toEqual({
      answered: 36,
      failed: 4,
      first: 1,
      second: 1,
    });
    // It goes on merging.
    await Promise.all([0n, 1n].map((id) => session.run({ id: longs([id]) })));
    expect(session.stats().merged[2]).toBe(1);
  });

  test("an output whose rows cannot be told apart switches merging off, and all are answered", async () => {
    const path = fixture("keep-positive-rows");
    await using session = await openSession({ path, batch: 8 });
    expect(session.batching).toEqual({ max: 8, reason: "declared" });
    const requests = Array.from({ length: 6 }, (_, i) => ({
      x: floats([i % 2 ? i : -i, -1, -1, -1], [1, 4]),
    }));
    const answers = await Promise.all(requests.map((feeds) => session.run(feeds)));
    for (const [i, feeds] of requests.entries()) expect(answers[i]).toEqual(await bareRun(path, feeds));
    expect(session.batching).toMatchObject({ max: 1, reason: expect.stringContaining("output y") });
    expect(session.maxBatch).toBe(1);
  });
});

describe("requests that need not wait do not", () => {
  test("a request to an idle model goes out alone at once", async () => {
    await using session = await openSession({ path: fixture("mlp"), batch: 64 });
    const x = floats(new Float32Array(64), [1, 64]);
    for (let i = 0; i < 5; i++) await session.run({ x });
    expect(session.stats().merged).toEqual([0, 5]);
  });
});
