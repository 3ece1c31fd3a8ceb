import { describe, expect, test } from "vitest";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { openSession, openStream, type StateSpec } from "../../src/run/runtime/index.ts";
import { packageFile } from "../models.ts";
import { SILERO_V5 } from "../packages.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, longs, seeded } from "./tensors.ts";

const states: StateSpec[] = [{ input: "total", output: "total_out", shape: [1, 1] }];
const frame = (value: number): Tensors => ({ x: floats([value], [1, 1]) });
const path = fixture("running-total");

describe("a stream", () => {
  test("carries its state from frame to frame, in the order asked, whatever instance answers", async () => {
    await using session = await openSession({ path, states, instances: 2 });
    const stream = openStream(session, states);
    const answers = await Promise.all([1, 2, 3, 4].map((value) => stream.run(frame(value))));
    expect(answers.map((answer) => Object.keys(answer))).toEqual(new Array(4).fill(["doubled"]));
    expect(answers.map(({ doubled }) => doubled?.data[0])).toEqual([2, 6, 12, 20]);
    expect(stream.frames).toBe(4);
  });

  test("does not mix with another, nor with plain requests, even where the model's rows may be merged", async () => {
    await using session = await openSession({ path, batch: 8, instances: 2 });
    const streams = Array.from({ length: 5 }, () => openStream(session, states));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => i).flatMap((i) =>
        streams.map((stream, k) => stream.run(frame(i * (k + 1)))),
      ),
    );
    await session.run({ ...frame(5), total: floats([1], [1, 1]) });
    for (let k = 0; k < 5; k++) {
      let total = 0;
      for (let i = 0; i < 20; i++) {
        total += i * (k + 1);
        expect(answers[i * 5 + k]?.doubled?.data[0]).toBe(2 * total);
      }
    }
    expect(session.stats().merged).toEqual([0, 101]);
  });

  test("gives its state when asked for by name, and keeps its own", async () => {
    await using session = await openSession({ path, states });
    const stream = openStream(session, states);
    const { total_out } = await stream.run(frame(3), { outputs: ["total_out"] });
    expect(total_out).toEqual(floats([3], [1, 1]));
    if (total_out?.data instanceof Float32Array) total_out.data.fill(1000);
    expect((await stream.run(frame(1))).doubled?.data[0]).toBe(8);
  });

  test("stays as it was where a frame fails or is cancelled, and goes on", async () => {
    await using session = await openSession({ path, states });
    const stream = openStream(session, states);
    await stream.run(frame(1));
    await expect(
      stream.run({ x: floats([1, 2], [2, 1]) }, { deadline: Date.now() - 1 }),
    ).rejects.toMatchObject({
      code: "RUN_DEADLINE",
    });
    await expect(stream.run({ x: floats([1], [1]) })).rejects.toMatchObject({ code: "RUN_INPUT_SHAPE" });
    await expect(stream.run({ ...frame(1), total: floats([9], [1, 1]) })).rejects.toMatchObject({
      code: "RUN_STATE_FED",
    });
    const control = new AbortController();
    const first = stream.run(frame(2));
    const cancelled = stream.run(frame(1000), { signal: control.signal });
    const last = stream.run(frame(4));
    control.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "ABORTED" });
    expect([(await first).doubled?.data[0], (await last).doubled?.data[0]]).toEqual([6, 14]);
    expect(stream.frames).toBe(3);
  });

  test("takes no more frames than it can hold", async () => {
    await using session = await openSession({ path, states });
    const stream = openStream(session, states);
    const frames = Array.from({ length: 1025 }, () => stream.run(frame(1)));
    await expect(frames[1024]).rejects.toMatchObject({ code: "RUN_QUEUE_FULL" });
    expect((await Promise.all(frames.slice(0, 1024))).at(-1)?.doubled?.data[0]).toBe(2048);
  });

  test.each([
    [{ input: "nowhere", output: "total_out", shape: [1, 1] }, "no such input"],
    [{ input: "total", output: "nowhere", shape: [1, 1] }, "no output nowhere"],
    [{ input: "total", output: "total_out", shape: [1, 2] }, "[1, 2]"],
    [{ input: "total", output: "total_out", shape: [1] }, "[1]"],
    [{ input: "total", output: "total_out", shape: [-1, 1] }, "[-1, 1]"],
    [{ input: "total", output: "total_out", shape: [2 ** 40, 1] }, "[1099511627776, 1]"],
  ])("a state that does not fit: %o", async (state, named) => {
    await using session = await openSession({ path });
    expect(() => openStream(session, [state])).toThrow(
      expect.objectContaining({ code: "RUN_STATE", message: expect.stringContaining(named) }),
    );
  });

  test("a state whose output is of another type", async () => {
    await using session = await openSession({ path: fixture("two-inputs"), batch: 0 });
    expect(() => openStream(session, [{ input: "x", output: "next", shape: [1, 1] }])).toThrow(
      expect.objectContaining({ code: "RUN_STATE", message: expect.stringContaining("int64") }),
    );
  });
});

describe("Silero's voice detection, version 5", () => {
  const carried: StateSpec[] = [{ input: "state", output: "stateN", shape: [2, 1, 128] }];
  const sr = longs([16_000n], []);

  test("a first frame of silence is its known value, and two streams at once are as two alone", async (context) => {
    const model = await packageFile(context, ...SILERO_V5);
    await using session = await openSession({ path: model, states: carried });
    const silence = await openStream(session, carried).run({
      input: floats(new Float32Array(576), [1, 576]),
      sr,
    });
    expect(silence.output?.data[0]).toBeCloseTo(0.012, 4);

    const sounds = [1, 2].map((seed) => {
      const next = seeded(seed);
      return Array.from({ length: 20 }, () =>
        floats(
          Float32Array.from({ length: 576 }, () => next() - 0.5),
          [1, 576],
        ),
      );
    });
    const streams = sounds.map(() => openStream(session, carried));
    const answers = await Promise.all(
      sounds.map((frames, k) => Promise.all(frames.map((input) => streams[k]?.run({ input, sr })))),
    );
    for (const [k, frames] of sounds.entries()) {
      let state = floats(new Float32Array(256), [2, 1, 128]);
      for (const [i, input] of frames.entries()) {
        const expected = await bareRun(model, { input, sr, state });
        expect(answers[k]?.[i]?.output?.data[0]).toBeCloseTo(Number(expected.output?.data[0]), 5);
        state = expected.stateN as typeof state;
      }
    }
  });
});
