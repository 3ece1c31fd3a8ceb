// Streams of a real stateful model through the protocol, against the bare runtime that is given the state by hand.
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { ROOT } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { modelsFolder } from "../pipeline/models-folder.ts";
import { random } from "./random.ts";
import { serveFolder } from "./real.ts";
import { ask, post } from "./server.ts";

const SILERO = "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx";
const SHA256 = "2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f";
/** Samples of a frame with those before it, and of the state (reference of the model: 512 after 64; [2, 1, 128]). */
const FRAME = 576;
const STATE = [2, 1, 128];
const FRAMES = 40;

/** Noise that swells and fades differently for each stream: probabilities that are not all alike. */
function sound(stream: number): Float32Array[] {
  const next = random(100 + stream);
  return Array.from({ length: FRAMES }, (_, frame) => {
    const loud = 0.5 * (1 + Math.sin((frame * (stream + 2)) / 5));
    return Float32Array.from({ length: FRAME }, (_, i) => {
      const tone = Math.sin((2 * Math.PI * (110 + 40 * stream) * (frame * 512 + i)) / 16_000);
      return Math.fround(loud * (0.6 * tone + 0.3 * (next() - 0.5)));
    });
  });
}

/** The probabilities that the bare runtime gives, frame after frame. */
async function alone(session: InferenceSession, frames: readonly Float32Array[]): Promise<number[]> {
  let state = new Tensor("float32", new Float32Array(256), STATE);
  const sr = new Tensor("int64", BigInt64Array.of(16_000n), []);
  const probabilities: number[] = [];
  for (const frame of frames) {
    const { output, stateN } = await session.run({
      input: new Tensor("float32", frame, [1, FRAME]),
      state,
      sr,
    });
    probabilities.push(Number(output?.data[0]));
    state = stateN as typeof state;
  }
  return probabilities;
}

test("streams of Silero that are sent through one another give what each gives alone", async (context) => {
  const path = await packageFile(context, SILERO, SHA256);
  const url = await serveFolder(`${ROOT}/examples/models/voice-activity`);
  const metadata = (await ask(`${url}/v2/models/voice-activity`)).json;
  expect(metadata.inputs.map(({ name }: { name: string }) => name)).not.toContain("state");

  const streams = [0, 1, 2].map(sound);
  const session = await InferenceSession.create(path);
  const expected = await Promise.all(streams.map((frames) => alone(session, frames)));
  await session.release();
  // Streams that all answer alike would prove nothing.
  expect(new Set(expected.map((row) => row.map((value) => value.toFixed(4)).join())).size).toBe(3);

  const answers: number[][] = streams.map(() => []);
  await Promise.all(
    streams.map(async (frames, i) => {
      for (const [at, frame] of frames.entries()) {
        const answer = await post(`${url}/v2/models/voice-activity/infer`, {
          parameters: {
            sequence_id: i === 0 ? 7 : `seven ${i}`,
            sequence_start: at === 0,
            sequence_end: at === FRAMES - 1,
          },
          inputs: [{ name: "input", datatype: "FP32", shape: [1, FRAME], data: [...frame] }],
          outputs: [{ name: "output" }],
        });
        expect(answer.status, answer.text).toBe(200);
        answers[i]?.push(answer.json.outputs[0].data[0]);
      }
    }),
  );
  for (const [i, row] of expected.entries()) {
    for (const [at, value] of row.entries())
      expect(answers[i]?.[at], `stream ${i}, frame ${at}`).toBeCloseTo(value, 5);
  }
});

test("while a model computes, the server answers others", async () => {
  const url = await serveFolder(
    modelsFolder({ "slow.onnx": { copy: `${ROOT}/tests/fixtures/runtime/slow.onnx` } }),
  );
  const live = async () => `live ${(await ask(`${url}/v2/health/live`)).status}`;
  // The first connection of a process takes a while to make.
  const order: string[] = [await live()];
  // About a second: four thousand products of two matrices, one after the other.
  const slow = post(`${url}/v2/models/slow/infer`, {
    inputs: [
      { name: "x", datatype: "FP32", shape: [], data: 1 },
      { name: "steps", datatype: "INT64", shape: [], data: 4_000 },
    ],
  }).then((answer) => order.push(`slow ${answer.status}`));
  for (let i = 0; i < 5; i++) order.push(await live());
  await slow;
  expect(order).toEqual([...new Array(6).fill("live 200"), "slow 200"]);
});
