import { expect, test } from "vitest";
import { CPU } from "../../src/run/runtime/providers/cpu.ts";
import { holdModels, type Said } from "../../src/run/runtime/worker/holder.ts";
import type { LoadOrder } from "../../src/run/runtime/worker/messages.ts";
import { fixture } from "./models.ts";

const MB = 2 ** 20;

const orderOf = (path: string): LoadOrder => ({
  isolation: "process",
  path,
  tail: null,
  runtime: CPU.runtimeOptions({ threads: 1, optimized: true } as Parameters<typeof CPU.runtimeOptions>[0]),
  single: null,
  turns: null,
  known: [],
  place: false,
  probe: false,
  codec: null,
  original: null,
});

/** A holder whose memory is what the test says, all that it has said, and how often it ended. */
function holder() {
  const said: Said[] = [];
  const state = { memory: 100 * MB, ended: 0 };
  const hear = holdModels(
    (what) => void said.push(what),
    () => state.memory,
    () => void state.ended++,
  );
  const slow = () => hear([1, ["y"], [], Float32Array.of(5), [], BigInt64Array.of(0n)]);
  return { said, state, hear, slow };
}

test("one model after the other answers, and what comes while one is loaded waits for it", async () => {
  const { said, state, hear, slow } = holder();
  await hear(orderOf(fixture("slow")));
  await slow();
  await hear("leave");
  void hear(orderOf(fixture("mlp")));
  await hear("leave");
  expect(said).toMatchObject([
    { signature: { inputs: [{ name: "x" }, { name: "steps" }] } },
    [1, null, [], Float32Array.of(5)],
    "free",
    { signature: { inputs: [{ name: "x" }] } },
    "free",
  ]);
  expect(state.ended).toBe(0);
});

test("whose memory has grown by too much ends when its model leaves, however many models it took to grow", async () => {
  const { said, state, hear } = holder();
  for (let i = 0; i < 3; i++) {
    await hear(orderOf(fixture("slow")));
    state.memory += 12 * MB;
    await hear("leave");
  }
  expect(said.filter((what) => what === "free").length).toBe(2);
  expect(state.ended).toBe(1);
});

test("ends, having said why, where a model cannot be loaded", async () => {
  const { said, state, hear } = holder();
  await hear(orderOf("/absent/model.onnx"));
  expect(said).toMatchObject([{ error: { code: "RUN_LOAD_FAILED" } }]);
  expect(state.ended).toBe(1);
});
