import { expect, test } from "vitest";
import type { AudioInput, Contract, ScoresOutput } from "../../src/model/contract/contract.ts";
import { writeWav } from "../../src/run/media/audio/index.ts";
import { audioClassification } from "../../src/run/tasks/audio-classification/index.ts";
import { ask, bytes, EMPTY, json, sessionOf } from "./task.ts";

const audio: AudioInput = { kind: "audio", tensor: "x", sampleRate: 16_000, frame: 100, context: 0 };
const scores: ScoresOutput = { kind: "scores", tensor: "y", activation: "none", labels: null };
const contract: Contract = { ...EMPTY, inputs: { audio }, outputs: { classes: scores } };
const labels = { classes: ["first", "last", "loud"] };

/** A session that gives the window's first and last sample and its loudest one as scores. */
const listener = (rows = 1, shape: readonly number[] = [100]) =>
  sessionOf({ inputs: [{ name: "x", dtype: "float32", shape }], outputs: [] }, ({ x }) => {
    const window = x?.data as Float32Array;
    const row = [window[0] ?? 0, window.at(-1) ?? 0, Math.max(...window)];
    const data = Float32Array.from(
      { length: 3 * rows },
      (_, i) => (row[i % 3] ?? 0) * (1 + Math.floor(i / 3)),
    );
    return { y: { dtype: "float32", shape: [rows, 3], data } };
  });

const ramp = Float32Array.from({ length: 250 }, (_, i) => (i + 1) / 256);

test("windows one after the other, the last filled with silence; each is told, their mean is the answer", async () => {
  const session = listener();
  const { value, partials } = await ask(audioClassification, session, contract, json([...ramp]), { labels });
  expect(session.fed.map(({ x }) => x?.shape)).toEqual([[100], [100], [100]]);
  const third = session.fed[2]?.x?.data ?? [];
  expect([...third].slice(48)).toEqual([249 / 256, 250 / 256, ...Array(50).fill(0)]);
  expect(value).toEqual([
    { label: "loud", score: expect.closeTo(550 / 256 / 3, 6) },
    { label: "first", score: expect.closeTo(303 / 256 / 3, 6) },
    { label: "last", score: expect.closeTo(300 / 256 / 3, 6) },
  ]);
  expect(partials).toMatchObject([
    { start: 0, end: 0.00625 },
    { start: 0.00625, end: 0.0125 },
    {
      start: 0.0125,
      end: 0.015625,
      classes: [{ label: "loud" }, { label: "first" }, { label: "last", score: 0 }],
    },
  ]);
});

test("one window is the answer itself; a file; [1, samples]; a model of any length hears the whole; rows are averaged", async () => {
  const single = await ask(audioClassification, listener(), contract, json([...ramp.subarray(0, 100)]), {
    labels,
  });
  expect(single.partials).toEqual([]);
  expect(single.value).toMatchObject([
    { label: "last", score: 100 / 256 },
    { score: 100 / 256 },
    { score: 1 / 256 },
  ]);
  const file = bytes(writeWav({ sampleRate: 16_000, samples: ramp }));
  const whole = { ...contract, inputs: { audio: { ...audio, frame: null } } };
  const session = listener(2, [1, 250]);
  const { value } = await ask(audioClassification, session, whole, file, { labels, options: { top_k: 1 } });
  expect(session.fed[0]?.x?.shape).toEqual([1, 250]);
  expect(value).toEqual([{ label: "last", score: expect.closeTo((1.5 * 250) / 256, 3) }]);
});

test("silence, labels that do not fit, a stream", async () => {
  const quiet = await ask(audioClassification, listener(), contract, json(Array(100).fill(0)), {
    labels: { classes: ["a"] },
  });
  expect(quiet.warnings.join("\n")).toMatch(/silent[\s\S]*3 scores for 1 labels/);
  const state = { input: "h", output: "k", start: "zero" } as const;
  expect(audioClassification.match({ ...contract, states: { state } }).fits).toBe(false);
  expect(audioClassification.match(contract).fits).toBe(true);
});
