// The task `tensors` of models that remember: what is a frame, and what a stream is asked.
import { expect, test } from "vitest";
import type { Contract } from "../../src/model/contract/contract.ts";
import type { Signature, TensorSpec } from "../../src/model/tensor/tensor.ts";
import type { TaskContext } from "../../src/run/tasks/index.ts";
import { tensors } from "../../src/run/tasks/tensors/index.ts";
import { answerOf, EMPTY, json, sessionOf } from "./task.ts";

const spec = (name: string, shape: TensorSpec["shape"]): TensorSpec => ({ name, dtype: "float32", shape });
const REMEMBERS: Contract = {
  ...EMPTY,
  states: { kept: { input: "kept", output: "kept_next", start: "zero" } },
  constants: { rate: { tensor: "rate", value: 8 } },
};

function contextOf(contract: Contract, ...inputs: TensorSpec[]) {
  const signature: Signature = { inputs: [...inputs, spec("kept", [2]), spec("rate", [])], outputs: [] };
  const session = sessionOf(signature, (feeds) => feeds);
  const streams: unknown[] = [];
  const main = {
    ...session,
    stream: () => {
      streams.push(session);
      return session.stream();
    },
  };
  const context: TaskContext = { contract, sessions: { main }, labels: {}, lists: {}, options: {} };
  return { context, session, streams };
}

/** The frames of a value, as they are read. */
async function framesOf(value: unknown, ...inputs: TensorSpec[]) {
  const { context, session, streams } = contextOf(REMEMBERS, ...inputs);
  const stream = tensors.follow?.(context);
  if (!stream) throw new Error("it opens no stream");
  for (const frame of stream.frames(json(value))) await answerOf(stream.run(frame));
  expect(streams.length).toBe(1);
  return session.fed.map((feeds) =>
    Object.fromEntries(Object.entries(feeds).map(([name, { shape, data }]) => [name, [shape, [...data]]])),
  );
}

const x = spec("x", [2]);

test("a list of objects is a list of frames, and a list of the protocol's tensors is one", async () => {
  const both = [{ x: [[2], [1, 2]] }, { x: [[2], [3, 4]] }];
  expect(await framesOf([{ x: [1, 2] }, { x: [3, 4] }], x)).toEqual(both);
  expect(await framesOf({ inputs: [{ inputs: { x: [1, 2] } }, { x: [3, 4] }] }, x)).toEqual(both);
  expect(await framesOf([{ name: "x", shape: [2], datatype: "FP32", data: [1, 2] }], x)).toEqual([both[0]]);
  expect(await framesOf({ x: [1, 2] }, x)).toEqual([both[0]]);
});

test("bare values are frames where they are one dimension deeper than the one input that is asked for", async () => {
  expect(await framesOf([1, 2], x)).toEqual([{ x: [[2], [1, 2]] }]);
  expect(await framesOf([[1, 2]], x)).toEqual([{ x: [[2], [1, 2]] }]);
  expect(await framesOf([[1, 2], [3]], spec("x", ["length"]))).toEqual([
    { x: [[2], [1, 2]] },
    { x: [[1], [3]] },
  ]);
  expect(await framesOf([1, 2], spec("x", []))).toEqual([{ x: [[], [1]] }, { x: [[], [2]] }]);
  expect(await framesOf([[1, 2]], spec("x", null))).toEqual([
    {
      x: [
        [1, 2],
        [1, 2],
      ],
    },
  ]);
  await expect(framesOf([[1, 2]], x, spec("y", [2]))).rejects.toMatchObject({
    code: "TASK_TENSORS",
    message: expect.not.stringContaining("kept"),
  });
});

test("an input without states is a stream by itself, and one with them a run", async () => {
  for (const [given, opened] of [
    [{ x: [1, 2] }, 1],
    [{ x: [1, 2], kept: [0, 0] }, 0],
  ] as const) {
    const { context, session, streams } = contextOf(REMEMBERS, x);
    await answerOf(tensors.run(context, json(given)));
    expect(streams.length).toBe(opened);
    expect(Object.keys(session.fed[0] ?? {})).toEqual(Object.keys(given));
  }
});

test("a model that remembers nothing opens no stream; an example asks for no state", async () => {
  const { context } = contextOf(EMPTY, x);
  expect(tensors.follow?.(context)).toBe(null);
  const { signature } = contextOf(REMEMBERS, x).session;
  const example = await tensors.example(REMEMBERS, signature);
  expect(JSON.parse(Buffer.from(example?.bytes ?? []).toString())).toEqual({ inputs: { x: [0, 0] } });
});
