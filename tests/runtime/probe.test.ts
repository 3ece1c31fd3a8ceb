import { describe, expect, test } from "vitest";
import { availableCpus, openSession } from "../../src/run/runtime/index.ts";
import { packageFile } from "../models.ts";
import { SILERO_V5 } from "../packages.ts";
import { fixture, mnist, triton } from "./models.ts";

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
    await using session = await openSession({ path: fixture(model) });
    expect(session.batching.reason).toMatch(reason);
    expect(session.batching.max).toBe(max);
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
      await using session = await openSession({ path });
      expect(session.batching).toMatchObject({ max: 64 });
    }
  });

  test("Silero's state has its batch in the second place", async (context) => {
    const path = await packageFile(context, ...SILERO_V5);
    await using session = await openSession({ path });
    expect(session.batching.max).toBe(1);
  });
});

describe("threads", () => {
  test("a model that is quick runs on one, a larger one on what the container grants, and what is asked for counts", async () => {
    const threadsOf = async (model: string, threads?: number) => {
      await using session = await openSession({ path: fixture(model), ...(threads && { threads }) });
      return session.stats().threads;
    };
    const all = availableCpus();
    expect(await threadsOf("mlp")).toBe(1);
    expect(await threadsOf("mlp", 2)).toBe(2);
    // Its lengths are open: what it is tried with says nothing of what it will get.
    expect(await threadsOf("two-inputs")).toBe(all);
  });
});
