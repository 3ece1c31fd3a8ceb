// The layout pass over many random graphs, and what is left in real models. MODELYARD_SEED=… draws one graph again.
import { expect, test } from "vitest";
import { bufferModelSource, type Model, openModel, type Value } from "../../../src/model/index.ts";
import { bringToOnnx } from "../../../src/run/convert/lower.ts";
import { isOneSeed, SEED } from "../../seed.ts";
import { REAL_MODELS, realFile, realModel } from "../tflite/real.ts";
import { ops } from "./build.ts";
import { expectLaidOut, transposesOf } from "./layout-check.ts";
import { drawLayouts } from "./layout-draw.ts";

const GRAPHS = 1_500;

test(`${GRAPHS} random graphs keep their answers`, async () => {
  const first = SEED;
  let [before, after] = [0, 0];
  for (let seed = first; seed < first + (isOneSeed ? 1 : GRAPHS); seed++) {
    const counts = await expectLaidOut(drawLayouts(seed), `seed ${seed}`).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
    before += counts[0];
    after += counts[1];
  }
  if (!isOneSeed) expect(after).toBeLessThan(0.8 * before);
  process.stderr.write(`${GRAPHS} graphs from seed ${first}: ${before} Transposes before, ${after} after\n`);
});

/** Transposes that are left in real models with convolutions; those that are not named have no more than 2. */
const LEFT: ReadonlyMap<string, number> = new Map([
  ["coco-ssd", 5],
  ["face-short", 5],
  ["face-attention", 3],
  ["face-full", 3],
  ["face-full-sparse", 3],
  ["face-mesh", 3],
  ["palm-full", 5],
  ["palm-lite", 5],
  ["pose", 5],
  ["pose-landmarks", 3],
  ["stream-alexa", 5],
  ["stream-hey_jarvis", 5],
  ["stream-hey_mycroft", 5],
  ["stream-okay_nabu", 9],
  ["ops-conv-reshape-multiple-conv.float32", 6],
]);

test.for(REAL_MODELS)("%s is transposed where it begins and ends", async (name, context) => {
  const bytes = await realFile(context, realModel(name));
  const { model } = await bringToOnnx(await openModel(bufferModelSource(bytes, { name: `${name}.tflite` })));
  if (!ops(model).some((op) => op === "Conv" || op === "ConvTranspose")) return;
  const left = transposesOf(model);
  expect(left).toBeLessThanOrEqual(2 * convolvedEnds(model));
  expect(left).toBeLessThanOrEqual(LEFT.get(name) ?? 2);
});

/** Inputs that a convolution is computed from, and outputs that are computed from one. */
function convolvedEnds({ graph }: Model): number {
  const behind = new Set<Value>();
  const from = new Map<Value, Set<Value>>(graph.inputs.map((input) => [input, new Set([input])]));
  const reaching = new Set<Value>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.filter((value) => value !== null);
    const sources = new Set(inputs.flatMap((value) => [...(from.get(value) ?? [])]));
    const isConvolution = node.op === "Conv" || node.op === "ConvTranspose";
    if (isConvolution) for (const source of sources) reaching.add(source);
    for (const output of node.outputs) {
      if (!output) continue;
      from.set(output, sources);
      if (isConvolution || inputs.some((value) => behind.has(value))) behind.add(output);
    }
  }
  return (
    graph.inputs.filter((value) => reaching.has(value)).length +
    graph.outputs.filter((value) => behind.has(value)).length
  );
}
