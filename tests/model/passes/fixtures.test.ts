// Graphs as exporters make them (tests/fixtures/simplify/generate.py).
import { join } from "node:path";
import { expect, test } from "vitest";
import { openModelSource } from "../../../src/base/node/index.ts";
import { countOperators, openModel } from "../../../src/model/index.ts";
import { expectSimplified } from "./answers.ts";
import { fewest, peersOf, SIMPLIFY_FIXTURES } from "./peers.ts";

const MODELS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // No arithmetic on shapes is left but the length of the words, which only a run tells.
  "transformer.onnx": { MatMul: 16, Gemm: 1, Reshape: 8, Shape: 3, Concat: 0, Expand: 0, Dropout: 0 },
  "residual.onnx": { BatchNormalization: 0, Pad: 0, Mul: 0, Gemm: 1, Conv: 7, Reshape: 0, Unsqueeze: 0 },
  "channels-last.onnx": { Identity: 0, Gemm: 1 },
  "quantized.onnx": { Identity: 0, QuantizeLinear: 5, DequantizeLinear: 11 },
};

test.each(Object.entries(MODELS))("%s", async (name, operators) => {
  const path = join(SIMPLIFY_FIXTURES, name);
  const source = await openModelSource(path);
  const { model, report } = await expectSimplified(await openModel(source), {
    lengths: { batch: 2, length: 5 },
  });
  await source.close();
  expect(report.nodes.after).toBeLessThanOrEqual(fewest(peersOf(path)));
  const left = countOperators(model);
  expect(Object.fromEntries(Object.keys(operators).map((op) => [op, left[op] ?? 0]))).toEqual(operators);
});
