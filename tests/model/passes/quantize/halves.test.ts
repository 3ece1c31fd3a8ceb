// Weights of float16 behind a Cast, as TFLite's converter and others hold them, are quantised like those of float32.
import { expect, test } from "vitest";
import { attribute } from "../../../../src/model/graph/index.ts";
import type { Model } from "../../../../src/model/index.ts";
import { halves, type Pass, quantizeWeights, runPasses } from "../../../../src/model/passes/index.ts";
import { feedsOf } from "../answers.ts";
import { type Builder, build, ops } from "../build.ts";
import { checked, quiet } from "../invariants.ts";
import { answersOf, apart, bytesOf } from "./made.ts";

const whole = (b: Builder, shape: readonly number[], seed: number) =>
  b.node("Cast", [b.weights(shape, seed, "float16")], { to: attribute.int(1) });

/** A product with many weights and one with few. */
function net(): Model {
  return build(17, (b) => {
    const x = b.input("x", "float32", ["m", 96]);
    const wide = b.node("MatMul", [x, whole(b, [96, 80], 1)]);
    b.output(b.node("MatMul", [wide, whole(b, [80, 10], 2)]));
  });
}

async function changed(model: Model, passes: readonly Pass[]): Promise<Model> {
  await runPasses(model, passes, quiet, { maxRounds: 1, check: checked(model) });
  return model;
}

const constants = (model: Model) =>
  [...model.graph.values.values()].flatMap(({ constant }) => (constant ? [constant] : []));

test("what is quantised is so, and what is not takes no more room than before", async () => {
  const { widen, narrow, was } = halves();
  const scheme = { bits: 8, size: 32, symmetric: true, accuracy: 0 } as const;
  const pass = quantizeWeights("int8-weights", scheme);
  const feeds = feedsOf(net(), 3, { m: 4 });
  const before = Object.values(await answersOf(net(), feeds))[0];
  const model = await changed(net(), [widen, pass, narrow]);
  expect(ops(model)).toEqual(["Cast", "MatMulNBits", "MatMul"]);
  const after = Object.values(await answersOf(model, feeds))[0];
  expect(apart(before?.data as Float32Array, after?.data as Float32Array)).toBeLessThan(0.02);
  const [weight] = pass.report().weights;
  expect(was(weight?.name ?? "")).toBe(true);
  const left = constants(model).filter(({ dtype }) => dtype === "float16");
  expect(left.map(({ shape }) => shape)).toEqual([[80, 10]]);
});

test("where nothing is quantised the model is the same again, bit for bit", async () => {
  const { widen, narrow } = halves();
  const wide = await changed(net(), [widen]);
  expect(ops(wide)).toEqual(["MatMul", "MatMul"]);
  const [original] = constants(net());
  const [content] = constants(wide);
  const read = (await content?.read())?.data as Float32Array;
  expect(content?.byteLength).toBe(2 * (original?.byteLength ?? 0));
  expect(await bytesOf(content as never, 1_000)).toEqual(Buffer.from(read.buffer));
  const feeds = feedsOf(net(), 5, { m: 3 });
  expect(await answersOf(wide, feeds)).toEqual(await answersOf(net(), feeds));
  const again = await changed(wide, [narrow]);
  expect(ops(again).sort()).toEqual(["Cast", "Cast", "MatMul", "MatMul"]);
  expect(constants(again).map(({ dtype }) => dtype)).toEqual(["float16", "float16"]);
  expect(await answersOf(again, feeds)).toEqual(await answersOf(net(), feeds));
});

test("a cast that is an output of the model stays one", async () => {
  const model = build(17, (b) => b.output(whole(b, [2, 3], 1)));
  expect(ops(await changed(model, [halves().widen]))).toEqual(["Cast"]);
});
