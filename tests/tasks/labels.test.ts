import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerOf, bytes, loadModel, ROOT, taskFile } from "./task.ts";

type Classes = { label: string; score: number }[];
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "labels-"));
  await copyFile(join(ROOT, "tests/fixtures/contract/softmax.onnx"), join(folder, "softmax.onnx"));
});
afterEach(() => rm(folder, { recursive: true }));

async function classify() {
  const model = await loadModel(join(folder, "softmax.onnx"));
  try {
    return await answerOf<Classes>(model.predict(bytes(taskFile("seven-colour.png"))));
  } finally {
    await model.close();
  }
}

test("the lines of labels.txt beside the model name its classes, in their order", async () => {
  const bare = (await classify()).value;
  expect(bare.map(({ label }) => label).sort()).toEqual(["0", "1", "2"]);
  expect(bare.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
  // With a byte order mark and Windows' ends of lines, as people's editors write them.
  await writeFile(join(folder, "labels.txt"), "\uFEFFcat\r\ndog, big\r\nmöwe\r\n");
  const { value, warnings } = await classify();
  expect(warnings.join()).not.toMatch(/label/);
  const names = ["cat", "dog, big", "möwe"];
  expect(value).toEqual(bare.map(({ label, score }) => ({ label: names[Number(label)], score })));
});

test("labels of another number are not used, and it says so", async () => {
  await writeFile(join(folder, "labels.txt"), "cat\ndog\n");
  const { value, warnings } = await classify();
  expect(value.map(({ label }) => label).sort()).toEqual(["0", "1", "2"]);
  expect(warnings.join()).toMatch(/3 scores for 2 labels/);
});
