import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { cropRegions, each, load, loadPipeline, type Pixels, pipe } from "../../src/index.ts";
import { packageFile } from "../models.ts";
import { UMLAUTS_PNG } from "../packages.ts";
import { ROOT } from "../tasks/task.ts";
import { folderOf } from "./folders.ts";

test("detect, crop, read: models and a function behind each other", async (context) => {
  const file = await readFile(await packageFile(context, ...UMLAUTS_PNG));
  await using detect = await load(join(ROOT, "examples/models/ocr/detect"));
  await using read = await load(join(ROOT, "examples/models/ocr/read"));
  async function crop(places: unknown, { input }: { input: unknown }): Promise<Pixels[]> {
    const image = sharp(input as Buffer).flatten({ background: "#fff" });
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return cropRegions({ ...info, channels: 3, data: new Uint8Array(data) }, places as never);
  }
  const ocr = pipe<Buffer, { text: string }[]>(detect, crop, each(read));
  const { answer, steps } = await ocr.run(file);
  expect(answer.map(({ text }) => text)).toEqual(["Mörkö"]);
  expect(steps.map(({ step }) => step)).toEqual(["detect", "crop", "read"]);
  await expect(ocr.answer(Buffer.from("nothing"))).rejects.toMatchObject({
    code: "MEDIA_PICTURE_UNKNOWN",
    where: "step detect",
  });
});

test("pipes are steps of pipes, and errors name the way", async () => {
  const half = (n: number) => {
    if (n % 2 === 1) throw new RangeError(`${n} is odd`);
    return n / 2;
  };
  const quarter = pipe(half, half);
  const all = pipe((n: number) => [n, 2 * n], each(quarter));
  expect(await all.answer(8)).toEqual([2, 4]);
  await expect(all.answer(6)).rejects.toMatchObject({
    where: expect.stringMatching(/^step each\[0\], step half/),
    // The program's own error, and no defect of Modelyard.
    code: "MODULE_FAILED",
    message: "half of the pipe failed: 3 is odd",
    cause: expect.any(RangeError),
  });
  await expect(pipe(each(half)).answer(7 as never)).rejects.toMatchObject({ code: "PIPELINE_VALUE" });
});

test("what answers nothing is no step, and is told of when the pipe is made", () => {
  const loose = pipe as (...steps: unknown[]) => unknown;
  for (const [step, found] of [
    [5, "number"],
    [null, "null"],
    [undefined, "undefined"],
    ["mnist", "string"],
    [{}, "object"],
    [Promise.resolve(), "a promise"],
  ]) {
    const error = { code: "PIPE_STEP", message: `Step 2 of pipe is ${found}, which answers nothing.` };
    expect(() => loose((n: number) => n, step)).toThrow(expect.objectContaining(error));
    expect(() => each(step as never)).toThrow(expect.objectContaining({ code: "PIPE_STEP" }));
  }
});

test("loadPipeline answers as the folder says", async () => {
  const folder = folderOf({
    "pipeline.yaml":
      "input: text\nsteps:\n  shout: { code: code.ts, takes: { type: string }, gives: { type: string } }\n",
    "code.ts": "export const run = (text: string): string => text.toUpperCase();",
  });
  await using pipeline = await loadPipeline(folder);
  expect(pipeline.schema).toEqual({ type: "string" });
  expect(await pipeline.answer("hello")).toBe("HELLO");
  await expect(loadPipeline(join(ROOT, "examples/models/mnist"))).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
  });
});
