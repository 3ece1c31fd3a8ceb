// An evaluator gives what the runtime itself gives, one model after the other; a session with a tail gives more outputs.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import { openModel, writeModel } from "../../src/model/index.ts";
import { openEvaluator, openSession } from "../../src/run/runtime/index.ts";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats } from "./tensors.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");

describe("an evaluator", () => {
  test("answers as the runtime does, model after model, and after a refusal", async () => {
    await using evaluator = openEvaluator();
    const digit = floats(
      Array.from({ length: 784 }, (_, i) => i % 7),
      [1, 1, 28, 28],
    );
    const mnist = new Uint8Array(readFileSync(MNIST));
    for (let turn = 0; turn < 3; turn++) {
      const answer = await evaluator.evaluate(mnist, { Input3: digit });
      const expected = await bareRun(MNIST, { Input3: digit });
      expect(answer.Plus214_Output_0?.shape).toEqual([1, 10]);
      expect(Array.from(answer.Plus214_Output_0?.data as Float32Array, (x) => x.toFixed(3))).toEqual(
        Array.from(expected.Plus214_Output_0?.data as Float32Array, (x) => x.toFixed(3)),
      );
      await expect(evaluator.evaluate(mnist, {})).rejects.toMatchObject({ code: "RUN_INPUT_MISSING" });
      await expect(evaluator.evaluate(mnist.subarray(0, 99), {})).rejects.toMatchObject({
        code: "RUN_LOAD_FAILED",
      });
    }
  });

  test("an output that the binding cannot carry is refused, not asked for", async () => {
    await using evaluator = openEvaluator();
    const bytes = new Uint8Array(readFileSync(fixture("int4-out")));
    await expect(evaluator.evaluate(bytes, { x: floats([1, 2, 3], [1, 3]) })).rejects.toMatchObject({
      code: "RUN_TYPE_UNSUPPORTED",
    });
  });

  test("gives up when asked to, and takes nothing once it is closed", async () => {
    const evaluator = openEvaluator();
    const bytes = new Uint8Array(readFileSync(MNIST));
    const stop = new AbortController();
    const asked = evaluator.evaluate(bytes, {}, stop.signal);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: "ABORTED" });
    await expect(evaluator.evaluate(bytes, {}, stop.signal)).rejects.toMatchObject({ code: "ABORTED" });
    await evaluator.close();
    await evaluator.close();
    await expect(evaluator.evaluate(bytes, {})).rejects.toMatchObject({ code: "RUN_CLOSED" });
  });
});

test("a program that gives up and closes ends by itself", () => {
  const script = `
    import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
    import { openEvaluator } from ${JSON.stringify(pathToFileURL(join(ROOT, "dist/run/runtime/index.js")).href)};
    const evaluator = openEvaluator();
    const stop = new AbortController();
    const asked = evaluator.evaluate(new Uint8Array(readFileSync(${JSON.stringify(MNIST)})), {}, stop.signal);
    stop.abort();
    await asked.catch(() => {});
    await evaluator.close();
    console.log("closed");`;
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(ended).toMatchObject({ status: 0, stdout: "closed\n", stderr: "" });
});

/** A protobuf field of bytes shorter than 128. */
const field = (number: number, bytes: readonly number[]) => [(number << 3) | 2, bytes.length, ...bytes];
/** ModelProto { graph: { output: [{ name }] } } */
const output = (name: string) => Uint8Array.from(field(7, field(12, field(1, [...Buffer.from(name)]))));

describe("a session with a tail", () => {
  test("a value inside becomes an output", async () => {
    await using session = await openSession({ path: MNIST, batch: 0, tail: output("ReLU32_Output_0") });
    expect(session.signature.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["Plus214_Output_0", [1, 10]],
      ["ReLU32_Output_0", [1, 8, 28, 28]],
    ]);
    const feeds = { Input3: floats(new Float32Array(784), [1, 1, 28, 28]) };
    const answer = await session.run(feeds);
    expect(Math.min(...((answer.ReLU32_Output_0?.data ?? [-1]) as Float32Array))).toBe(0);
  });

  test("weights in other files are found beside the file", async () => {
    const path = join(emptyFolder(), "mnist.onnx");
    const source = await openModelSource(MNIST);
    await writeModel(await openModel(source), await openModelSink(path), { external: "always" });
    await source.close();
    await using session = await openSession({ path, batch: 0, tail: new Uint8Array(0) });
    expect(session.signature.outputs.length).toBeGreaterThan(0);
  });

  test("a tail that is none is refused", async () => {
    const tail = Uint8Array.of(0xff);
    await expect(openSession({ path: MNIST, tail })).rejects.toMatchObject({ code: "RUN_LOAD_FAILED" });
  });
});
