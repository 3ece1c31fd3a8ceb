// A model of another format, opened, converted and run like any other.
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { load, open } from "../../src/index.ts";
import { convertModel, diffModels } from "../../src/run/convert/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { adding, float32, i32, text, tfliteFile } from "../model/tflite/file.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats } from "../runtime/tensors.ts";

/** y = x + (10, 20). */
const ADDS = adding({
  tensors: [
    { name: "x", shape: [2] },
    { name: "b", shape: [2], data: float32(10, 20) },
    { name: "y", shape: [2] },
  ],
  inputs: [0],
});
const UNKNOWN = adding({ operators: [{ name: "CUSTOM", custom: "Mine", inputs: [0], outputs: [2] }] });

function written(file: Uint8Array): { path: string; folder: string; cache: string } {
  const folder = emptyFolder();
  const path = join(folder, "adds.tflite");
  writeFileSync(path, file);
  return { path, folder, cache: join(folder, "cache") };
}

test("it is converted when it is first run, and what was made is used again", async () => {
  const { path, cache } = written(ADDS);
  const kept = () =>
    readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".onnx"));
  const times: number[] = [];
  for (let i = 0; i < 2; i++) {
    await using model = await load(path, { cache });
    expect(await model.run({ x: floats([1, 2]) })).toEqual({ y: floats([11, 22]) });
    expect(model.signature.inputs).toEqual([{ name: "x", dtype: "float32", shape: [2] }]);
    const [only, ...others] = kept();
    expect(others).toEqual([]);
    times.push(statSync(join(cache, only ?? "")).mtimeMs);
  }
  expect(times[1]).toBe(times[0]);
  // Looking at a model converts nothing.
  const fresh = join(cache, "other");
  await (await open(path, { cache: fresh })).close();
  expect(readdirSync(cache)).not.toContain("other");
});

test("it is converted to a file, with a report", async () => {
  const { path, folder } = written(ADDS);
  const opened = await openSource(path);
  const out = join(folder, "adds.onnx");
  const report = await convertModel(opened, out, { simplify: true }).finally(opened.close);
  expect(report).toMatchObject({
    format: "onnx",
    before: { operators: { "tflite.ADD": 1 } },
    after: { operators: { Add: 1 } },
    changes: [{ pass: "to-onnx", removed: 1, added: 1 }],
    approximations: [],
    verify: null,
  });
  expect(await bareRun(out, { x: floats([1, 2]) })).toEqual({ y: floats([11, 22]) });
});

test("it is inspected whatever its operators are; converting it says what is missing and writes nothing", async () => {
  const { path, folder } = written(UNKNOWN);
  const inspected = await modelyard(["inspect", path, "--json"]);
  expect(JSON.parse(inspected.stdout)).toMatchObject({ format: "tflite", operators: { "tflite.Mine": 1 } });
  const { code, stderr } = await modelyard(["convert", path, join(folder, "out.onnx"), "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr).error).toMatchObject({
    code: "MODEL_OPERATORS_UNSUPPORTED",
    message: expect.stringContaining("1 custom operator Mine [operator 0, sum]"),
  });
  expect(readdirSync(folder)).toEqual(["adds.tflite"]);
});

test("a file and what it was converted to are compared by their answers", async () => {
  const { path, folder, cache } = written(ADDS);
  const out = join(folder, "adds.onnx");
  const [a, missing] = [await openSource(path, { cache }), written(UNKNOWN).path];
  await convertModel(a, out);
  for (const [other, reason] of [
    [out, null],
    [missing, expect.stringContaining("1 custom operator Mine [operator 0, sum]")],
  ] as const) {
    const b = await openSource(other, { cache });
    const { answers } = await diffModels(a, b).finally(b.close);
    expect(answers.reason).toEqual(reason);
    if (reason === null) expect(answers.outputs).toMatchObject([{ name: "y", identical: true }]);
  }
  await a.close();
});

/** y = x + what x was summed to before, kept in a variable that an initialisation fills with (100, 200). */
const SUMS = tfliteFile([
  {
    tensors: [
      { name: "x", shape: [2] },
      { name: "handle", type: "RESOURCE", shape: [] },
      { name: "before", shape: [2] },
      { name: "y", shape: [2] },
    ],
    inputs: [0],
    outputs: [3],
    operators: [
      { name: "CALL_ONCE", inputs: [], outputs: [], options: [103, { 0: i32(1) }] },
      { name: "VAR_HANDLE", inputs: [], outputs: [1], options: [111, { 1: text("sum") }] },
      { name: "READ_VARIABLE", inputs: [1], outputs: [2] },
      { name: "ADD", inputs: [0, 2], outputs: [3] },
      { name: "ASSIGN_VARIABLE", inputs: [1, 3], outputs: [] },
    ],
  },
  {
    tensors: [
      { name: "handle", type: "RESOURCE", shape: [] },
      { name: "start", shape: [2], data: float32(100, 200) },
    ],
    inputs: [],
    outputs: [],
    operators: [
      { name: "VAR_HANDLE", inputs: [], outputs: [0], options: [111, { 1: text("sum") }] },
      { name: "ASSIGN_VARIABLE", inputs: [0, 1], outputs: [] },
    ],
  },
]);

test("what a model keeps from run to run is one more input and output, which a stream carries", async () => {
  const { path, cache, folder } = written(SUMS);
  const spec = (name: string) => ({ name, dtype: "float32", shape: [2] });
  const check = async (from: string) => {
    await using model = await load(from, { cache });
    expect(model.signature).toEqual({
      inputs: [spec("x"), spec("sum")],
      outputs: [spec("y"), spec("sum_next")],
    });
    expect(model.contract.states).toEqual({ sum: { input: "sum", output: "sum_next", start: "zero" } });
    const [one, other] = [model.stream(), model.stream()];
    expect(await one.run({ x: floats([1, 2]) })).toEqual({ y: floats([101, 202]) });
    expect(await one.run({ x: floats([1, 2]) })).toEqual({ y: floats([102, 204]) });
    expect(await other.run({ x: floats([5, 5]) })).toEqual({ y: floats([105, 205]) });
    expect(await one.run({ x: floats([0, 0]) })).toEqual({ y: floats([102, 204]) });
  };
  await check(path);
  // The result says of itself what is carried.
  const opened = await openSource(path);
  const out = join(folder, "sums.onnx");
  await convertModel(opened, out).finally(opened.close);
  await check(out);
});

test("a quantised state begins at the number that stands for zero", async () => {
  const quantization = { scale: [0.5], zero: [3] };
  const tensor = (name: string) => ({ name, type: "INT8", shape: [2], quantization }) as const;
  const file = tfliteFile([
    {
      tensors: [tensor("x"), { ...tensor("kept"), isVariable: true }, tensor("y")],
      inputs: [0],
      outputs: [2],
      operators: [{ name: "ADD", inputs: [0, 1], outputs: [2] }],
    },
  ]);
  const { path, cache } = written(file);
  await using model = await load(path, { cache });
  expect(model.contract.states).toEqual({ kept: { input: "kept", output: "kept_next", start: 3 } });
  const x = { dtype: "int8" as const, shape: [2], data: Int8Array.of(10, -20) };
  expect(await model.stream().run({ x })).toEqual({ y: x });
});
