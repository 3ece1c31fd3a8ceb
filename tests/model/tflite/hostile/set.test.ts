// Every malformed .tflite file ends in a coded error that names the byte, or in a clean answer; what fails leaves nothing behind.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isModelyardError } from "../../../../src/base/errors/index.ts";
import { openModelSink, openModelSource } from "../../../../src/base/node/index.ts";
import { checkModel, constantsOf, openModel, writeModel } from "../../../../src/model/index.ts";
import { emptyFolder } from "../../../cli/modelyard.ts";
import { HOSTILE_TFLITE } from "./set.ts";

/** Opens, checks, reads every weight, brings to ONNX and writes. */
async function convert(path: string, out: string): Promise<void> {
  const source = await openModelSource(path);
  try {
    const model = await openModel(source);
    await checkModel(model);
    for (const tensor of constantsOf(model)) await tensor.read();
    const lowered = await model.toOnnx?.();
    if (!lowered) throw new Error("it speaks ONNX already");
    await writeModel(lowered.model, await openModelSink(out));
    const errors = (await checkModel(lowered.model)).filter(({ severity }) => severity === "error");
    expect(errors).toEqual([]);
  } finally {
    await source.close();
  }
}

test("the set is large, and its names tell its files apart", () => {
  expect(HOSTILE_TFLITE.length).toBeGreaterThanOrEqual(40);
  expect(new Set(HOSTILE_TFLITE.map(({ name }) => name)).size).toBe(HOSTILE_TFLITE.length);
});

test.each(HOSTILE_TFLITE.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
  const folder = emptyFolder();
  const path = join(folder, "model.tflite");
  writeFileSync(path, each.bytes);
  const error = await convert(path, join(folder, "out.onnx")).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error !== null && !isModelyardError(error)) throw error;
  expect(error ? `${error.code}: ${error.message}` : "a clean answer").toContain(
    each.code ?? "a clean answer",
  );
  expect(readdirSync(folder).sort()).toEqual(error ? ["model.tflite"] : ["model.tflite", "out.onnx"]);
  if (!error) return;
  expect(error.message).toContain(each.says ?? "");
  expect(error.hint).toMatch(/\S/);
  expect(error.where).toMatch(each.bytes.length === 0 ? /model\.tflite/ : /model\.tflite, byte \d+$/);
});
