// A model of another format, opened, converted and run like any other.
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { load, open } from "../../src/index.ts";
import { convertModel } from "../../src/run/convert/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { adding, float32 } from "../model/tflite/file.ts";
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

test("it is converted to a file, with a report; the original cannot be run to verify it", async () => {
  const { path, folder } = written(ADDS);
  const opened = await openSource(path);
  const out = join(folder, "adds.onnx");
  const report = await convertModel(opened, out, { verify: true, simplify: true }).finally(opened.close);
  expect(report).toMatchObject({
    format: "onnx",
    before: { operators: { "tflite.ADD": 1 } },
    after: { operators: { Add: 1 } },
    changes: [{ pass: "to-onnx", removed: 1, added: 1 }],
    approximations: [],
    verify: { verified: false, reason: expect.stringContaining("tflite") },
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
