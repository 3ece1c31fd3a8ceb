import { describe, expect, test } from "vitest";
import type { Signature } from "../../src/model/tensor/index.ts";
import { availableCpus, openSession } from "../../src/run/runtime/index.ts";
import { isQuick } from "../../src/run/runtime/worker/probe.ts";
import { packageFile } from "../models.ts";
import { SILERO_V5 } from "../packages.ts";
import { fixture, mnist, triton } from "./models.ts";

/** Whether merging pays is told by times: on a machine that stood still meanwhile, or is busy, a model is tried anew. */
async function expectBatching(path: string, expected: object): Promise<void> {
  const batching = async () => {
    await using session = await openSession({ path });
    return session.batching;
  };
  await expect.poll(batching, { interval: 200 }).toMatchObject(expected);
}

describe("the probe merges only models whose rows are independent, and says why", () => {
  test.each([
    ["mlp", 64, /same answers alone and together/],
    ["table-of-four", 64, /same answers/],
    ["two-inputs", 64, /same answers/],
    ["every-type", 64, /same answers/],
    ["half-plus-one", 64, /same answers/],
    ["softmax-over-rows", 1, /not independent: output y/],
    ["minus-mean-of-rows", 1, /not independent: output y/],
    ["quantized-dynamically", 1, /not independent: output y/],
    ["noise", 1, /not independent: output y/],
    ["keep-positive-rows", 1, /output y/],
    ["square", 1, /dimension n of input x would grow/],
    ["scalars", 1, /input a has no leading dimension/],
    ["sequence-output", 1, /output both cannot be read/],
    ["zeros", 1, /output y has no leading dimension/],
  ])("%s: at most %i", async (model, max, reason) => {
    await expectBatching(fixture(model), { max, reason: expect.stringMatching(reason) });
  });

  test("mnist-8: its batch is fixed", async (context) => {
    const path = mnist();
    if (path === null) return context.skip("mnist-8.onnx is not at hand");
    await using session = await openSession({ path });
    expect(session.batching).toEqual({
      max: 1,
      reason: "the leading dimension of input Input3 is fixed at 1",
    });
  });

  test("Triton's simple and simple_string are merged", async (context) => {
    for (const name of ["simple", "simple_string"]) {
      const path = triton(name);
      if (path === null) return context.skip("Triton's example models are not at hand");
      await expectBatching(path, { max: 64 });
    }
  });

  test("Silero's state has its batch in the second place", async (context) => {
    const path = await packageFile(context, ...SILERO_V5);
    await using session = await openSession({ path });
    expect(session.batching.max).toBe(1);
  });
});

describe("threads", () => {
  const all = availableCpus();
  const threadsOf = async (model: string, threads?: number) => {
    await using session = await openSession({ path: fixture(model), ...(threads && { threads }) });
    return session.stats().threads;
  };

  // How long a run takes is the machine's business too: on one that is busy, a quick model may look slow for a while.
  test("a model that is quick runs on one", async () => {
    await expect.poll(() => threadsOf("mlp"), { timeout: 200_000, interval: 500 }).toBe(1);
  });

  test("a larger one runs on what the container grants, and what is asked for counts", async () => {
    expect(await threadsOf("mlp", 2)).toBe(2);
    // Its lengths are open: what it is tried with says nothing of what it will get.
    expect(await threadsOf("two-inputs")).toBe(all);
  });
});

describe("a model is quick", () => {
  const signature = (shape: (number | string)[]): Signature => ({
    inputs: [{ name: "x", dtype: "float32", shape }],
    outputs: [{ name: "y", dtype: "float32", shape }],
  });
  /** Runs that take the given milliseconds, one after the other; the first one, which also plans memory, is not timed. */
  const judged = async (shape: (number | string)[], first: number, ...took: number[]) => {
    let clock = 0;
    let runs = 0;
    const run = async () => {
      clock += [first, ...took][runs++] ?? Number.NaN;
      return [];
    };
    const quick = await isQuick(signature(shape), run, () => clock);
    return { quick, runs };
  };

  test.each([
    ["as soon as one run takes less than half a millisecond", [20, 0.6, 0.7, 0.4], { quick: true, runs: 4 }],
    ["not where none of five does", [20, 0.6, 0.7, 0.6, 0.5, 0.6], { quick: false, runs: 6 }],
    ["not where one is ten times slower: it is not run again", [20, 5.1], { quick: false, runs: 2 }],
  ])("%s", async (_, [first = 0, ...took], expected) => {
    expect(await judged(["n", 4], first, ...took)).toEqual(expected);
  });

  test("not where its lengths are open: it is not even run", async () => {
    expect(await judged(["n", "m"], 0)).toEqual({ quick: false, runs: 0 });
  });
});
