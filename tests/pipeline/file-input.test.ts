// Files as a person gives them to a model: one reader for run, calibration and tune.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TensorSpec } from "../../src/model/tensor/index.ts";
import { readFileInput } from "../../src/run/pipeline/index.ts";
import { errorsOf } from "../../src/run/tune/variant/errors.ts";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { writeNpy } from "../npy.ts";
import { floats } from "../runtime/tensors.ts";

const X: TensorSpec = { name: "x", dtype: "float32", shape: [2] };
const MNIST = join(ROOT, "examples/models/mnist");

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(emptyFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

test("JSON is read, a .npy is the only tensor, and anything else is the task's to read", async () => {
  expect(await readFileInput(file("a.JSON", '{"x": [1, 2]}'), [X])).toMatchObject({
    kind: "json",
    value: { x: [1, 2] },
  });
  const tensor = floats([1, 2], [2]);
  expect(await readFileInput(file("a.npy", writeNpy(tensor)), [X])).toEqual({
    kind: "tensors",
    tensors: { x: tensor },
  });
  expect(await readFileInput(file("a.txt", "a text"), [X])).toMatchObject({ kind: "bytes", name: "a.txt" });
});

test.each([
  ["a.json", "{", [X], "TASK_INPUT_NOT_JSON"],
  ["a.npy", writeNpy(floats([1, 2], [2])), [X, { ...X, name: "y" }], "TASK_TENSOR_FILE"],
  ["a.npy", writeNpy(floats([1, 2], [2])), [], "TASK_TENSOR_FILE"],
  ["a.npy", "no array", [X], "TASK_TENSOR_FILE"],
])("%s that does not fit: %j", async (name, bytes, inputs, code) => {
  await expect(readFileInput(file(name, bytes), inputs)).rejects.toMatchObject({ code });
});

test("a .npy is a sample of tune, and what run takes by itself", async () => {
  const pixels = Array.from({ length: 784 }, (_, i) => (i % 28 > 12 && i % 28 < 16 ? 1 : 0));
  const sample = file("one.npy", writeNpy(floats(pixels, [1, 1, 28, 28])));
  const place = { source: MNIST };
  const order = { kind: "error", original: place, changed: place, device: "cpu", truths: {} } as const;
  expect(await errorsOf({ ...order, samples: [sample] })).toMatchObject({ changed: 0, samples: 1 });
  const wrong = file("wrong.npy", writeNpy(floats([1, 2], [2])));
  await expect(errorsOf({ ...order, samples: [wrong] })).rejects.toMatchObject({
    code: "TUNE_SAMPLE",
    where: wrong,
  });
  const { code, stdout } = await modelyard(["run", MNIST, sample, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)[0]).toMatchObject({ label: expect.any(String) });
});
