// Passes evaluate parts of a graph through the runtime: what comes back is what the runtime itself says.
import { join } from "node:path";
import { expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { openModel } from "../../src/model/index.ts";
import { createEvaluate } from "../../src/run/convert/index.ts";
import { ROOT } from "../cli/modelyard.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats } from "../runtime/tensors.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");

test("a graph is answered as the runtime answers its file", async () => {
  await using evaluation = createEvaluate();
  const source = await openModelSource(MNIST);
  const model = await openModel(source);
  const ramp = Array.from({ length: 784 }, (_, i) => i % 11);
  const feeds = { Input3: floats(ramp, [1, 1, 28, 28]) };
  const answer = await evaluation.evaluate(model, feeds);
  const [expected] = Object.values(await bareRun(MNIST, feeds));
  const got = answer.Plus214_Output_0?.data as Float32Array;
  expect(got).toHaveLength(10);
  for (const [i, value] of got.entries()) {
    const wanted = expected?.data[i] as number;
    expect(Math.abs(value - wanted)).toBeLessThan(1e-5 + 1e-4 * Math.abs(wanted));
  }
  await source.close();
});

test("what the runtime refuses rejects, and the next is answered", async () => {
  await using evaluation = createEvaluate();
  const source = await openModelSource(MNIST);
  const model = await openModel(source);
  await expect(evaluation.evaluate(model, {})).rejects.toMatchObject({ code: "RUN_INPUT_MISSING" });
  const unknown = await openModel(source);
  for (const node of unknown.graph.nodes) node.op = "Frobnicate";
  await expect(evaluation.evaluate(unknown, {})).rejects.toMatchObject({ code: "RUN_LOAD_FAILED" });
  const feeds = { Input3: floats(new Float32Array(784), [1, 1, 28, 28]) };
  await expect(evaluation.evaluate(model, feeds)).resolves.toHaveProperty("Plus214_Output_0");
  await source.close();
});
