// Products of whole numbers: the codes are those of onnxruntime.quantization, and the runtime answers nearly as before.
import { describe, expect, test } from "vitest";
import { attribute } from "../../../../src/model/graph/index.ts";
import type { Model } from "../../../../src/model/index.ts";
import { quantizeDynamic } from "../../../../src/model/passes/index.ts";
import { channelCodes, largestOfChannels, scalesOf } from "../../../../src/model/passes/quantize/channels.ts";
import { constantTensor, permuted } from "../../../../src/model/tensor/index.ts";
import { random } from "../../../serve/random.ts";
import { feedsOf } from "../answers.ts";
import { build, ops } from "../build.ts";
import { answersOf, apart, bytesOf, quantize, RECORDED, tensor, torn, weights } from "./made.ts";

describe("codes are those of onnxruntime.quantization, byte for byte", () => {
  test.each(RECORDED.columns)("$rows × $columns, reduced range: $reduce", async (recorded) => {
    const { rows, columns, reduce } = recorded;
    const most = reduce ? 64 : 127;
    const content = tensor(weights(rows, columns), [rows, columns]);
    for (const [each, areRows] of [
      [content, false],
      [torn(content, 1_001), false],
      [permuted(content, [1, 0]), true],
    ] as const) {
      const length = areRows ? rows : columns;
      const scales = scalesOf(await largestOfChannels(each, length, areRows), most);
      expect(Buffer.from(scales.buffer).toString("base64")).toBe(recorded.scales);
      const codes = channelCodes(each, length, areRows, scales, most);
      const made = await bytesOf(areRows ? permuted(codes, [1, 0]) : codes);
      expect(made.toString("base64")).toBe(recorded.codes);
    }
  });
});

const chain = ["DynamicQuantizeLinear", "MatMulInteger", "Cast", "Mul"];

test("products answer nearly as before, whatever their shapes", async () => {
  const seed = 20_261_127;
  const next = random(seed);
  for (let round = 0; round < 6; round++) {
    const [k, n, m] = [1 + Math.floor(next() * 200), 1 + Math.floor(next() * 90), 1 + Math.floor(next() * 5)];
    const make = () =>
      build(11, (b) => {
        const x = b.input("x", "float32", ["a", "m", k]);
        b.output(b.node("MatMul", [x, b.weights([k, n], round + 1)]));
      });
    const feeds = feedsOf(make(), round + 1, { m });
    const before = await answersOf(make(), feeds);
    const model = make();
    await quantize(model, () => quantizeDynamic("int8"));
    const [a, b] = [before, await answersOf(model, feeds)].map((each) => Object.values(each)[0]);
    expect(b?.shape).toEqual(a?.shape);
    const where = `seed ${seed}, round ${round}: ${m}×${k}×${n}`;
    expect(apart(a?.data as Float32Array, b?.data as Float32Array), where).toBeLessThan(0.02);
    expect(ops(model).at(-1), where).toBe(k * n < 4096 ? "MatMul" : "Mul");
  }
});

/** Two products of the same input, one of them a Gemm with a sum; in a branch another one. */
function dense(): Model {
  return build(17, (b) => {
    const x = b.input("x", "float32", ["m", 96]);
    const product = b.node("MatMul", [x, b.weights([96, 80])]);
    const gemm = b.node("Gemm", [x, b.weights([80, 96], 7), b.weights([80], 9)], {
      transB: attribute.int(1),
    });
    const sum = b.node("Add", [product, gemm]);
    const inner = (seed: number) =>
      b.subgraph(`branch${seed}`, (branch) => {
        branch.output(branch.node("MatMul", [sum, branch.weights([80, 64], seed)]));
      });
    const condition = b.constant("bool", [], [1]);
    b.output(b.node("If", [condition], { then_branch: inner(3), else_branch: inner(4) }));
  });
}

test("what is multiplied twice is rounded once; sums, branches and the signature stay", async () => {
  const feeds = feedsOf(dense(), 3, { m: 4 });
  const before = await answersOf(dense(), feeds);
  const model = dense();
  const report = await quantize(model, () => quantizeDynamic("int8"));
  expect(ops(model)).toEqual([
    ...["DynamicQuantizeLinear", "MatMulInteger", "Cast", "Mul", "Mul"],
    ...["MatMulInteger", "Cast", "Mul", "Mul", "Add", "Add", "If"],
  ]);
  expect(report.weights.map(({ operators, before: bytes, after }) => [operators[0], bytes, after])).toEqual([
    ["MatMul", 4 * 96 * 80, 96 * 80 + 4 * 80],
    ["Gemm", 4 * 96 * 80, 96 * 80 + 4 * 80],
    ["MatMul", 4 * 80 * 64, 80 * 64 + 4 * 64],
    ["MatMul", 4 * 80 * 64, 80 * 64 + 4 * 64],
  ]);
  const [a, b] = [before, await answersOf(model, feeds)].map((each) => Object.values(each)[0]);
  expect(apart(a?.data as Float32Array, b?.data as Float32Array)).toBeLessThan(0.03);
});

test("weights that several read are held once; convolutions and numbers that are not finite are left", async () => {
  const model = build(17, (b) => {
    const w = b.weights([80, 80]);
    const x = b.input("x", "float32", [3, 80]);
    const product = b.node("MatMul", [b.node("MatMul", [x, w]), w]);
    const wrong = b.weights([80, 64]);
    const data = weights(80, 64);
    data[4_321] = Number.NaN;
    wrong.constant = constantTensor({ dtype: "float32", shape: [80, 64], data }, "the test");
    b.output(b.node("MatMul", [product, wrong]));
    b.output(b.node("Conv", [b.input("image", "float32", [1, 8, 8, 8]), b.weights([64, 8, 3, 3])]));
  });
  const report = await quantize(model, () => quantizeDynamic("int8"));
  expect(ops(model)).toEqual([...[...chain, "Mul"], ...[...chain, "Mul"], ...["MatMul", "Conv"]]);
  expect(report.weights).toHaveLength(1);
  expect(report.left.map(({ reason, names }) => [reason, names])).toEqual([
    ["convolutions lose much by one range for all channels of what they are given", ["conv"]],
    ["its weights are not all finite numbers", ["matmul_2"]],
  ]);
});
