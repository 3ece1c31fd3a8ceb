// Bundles of TFLite models, as MediaPipe has them: zips, also behind other data and inside each other.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { load, open } from "../../src/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { zipOf } from "../model/archive.ts";
import { openBytes } from "../model/files.ts";
import { adding, float32 } from "../model/tflite/file.ts";
import { floats } from "../runtime/tensors.ts";

/** y = x + a number. */
const adds = (number: number) =>
  Buffer.from(
    adding({
      tensors: [
        { name: "x", shape: [2] },
        { shape: [2], data: float32(number, number) },
        { name: "y", shape: [2] },
      ],
      inputs: [0],
    }),
  );

test("a bundle of one model is that model, also behind other data", async () => {
  const bundle = zipOf({ "notes.txt": "hello", "m/adds.tflite": adds(1) });
  for (const bytes of [bundle, Buffer.concat([Buffer.from("#!/bin/sh\n"), bundle])]) {
    const model = await openBytes(bytes, {}, "adds.task");
    expect(model.format).toBe("tflite");
    expect((await model.graph.values.get("t1")?.constant?.read())?.data).toEqual(Float32Array.of(1, 1));
  }
  const folder = emptyFolder();
  const path = join(folder, "adds.task");
  writeFileSync(path, bundle);
  await using model = await load(path, { cache: join(folder, "cache") });
  expect(await model.run({ x: floats([1, 2]) })).toEqual({ y: floats([2, 3]) });
});

test("one of several is named as if the bundle were a folder; bundles lie in bundles", async () => {
  const folder = emptyFolder();
  const cache = join(folder, "cache");
  const path = join(folder, "two.task");
  const inner = zipOf({ "a.tflite": adds(1), "b.tflite": adds(2) });
  writeFileSync(path, zipOf({ "hands/inner.task": inner, "c.tflite": adds(3), "d.tflite": adds(4) }));
  for (const [name, number] of [
    ["hands/inner.task/b.tflite", 2],
    ["c.tflite", 3],
  ] as const) {
    await using model = await load(join(path, name), { cache });
    expect(await model.run({ x: floats([10, 20]) })).toEqual({ y: floats([10 + number, 20 + number]) });
  }
  await expect(open(path, { cache })).rejects.toMatchObject({
    code: "MODEL_BUNDLE_SEVERAL",
    message: expect.stringContaining("c.tflite, d.tflite"),
  });
  await expect(open(join(path, "e.tflite"), { cache })).rejects.toMatchObject({
    code: "MODEL_BUNDLE_NO_SUCH",
    hint: expect.stringContaining("hands/inner.task, c.tflite, d.tflite"),
  });
  await expect(open(join(path, "c.tflite/d"), { cache })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});
