// The digits that a calibrated net names are right as often as the net's, on all 10,000 of MNIST's test images.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { convertModel } from "../../src/run/convert/index.ts";
import { calibrationOf } from "../../src/run/pipeline/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { openSession, runSession } from "../model/evaluate.ts";
import { packageFile } from "../models.ts";
import { MNIST_IMAGES, MNIST_LABELS, MNIST_TRAINING } from "../packages.ts";
import { MNIST } from "../tasks/task.ts";

const SIDE = 28;
const SIZE = SIDE * SIDE;
const COUNT = 10_000;
const SAMPLES = 100;

test.for(["minmax", "percentile"] as const)(
  "%s: within 0.2 points of the original",
  async (method, context) => {
    // The IDX format: 16 and 8 bytes of head, then one byte a pixel or label.
    const read = async (file: readonly [string, string], head: number) =>
      readFileSync(await packageFile(context, ...file)).subarray(head);
    const images = await read(MNIST_IMAGES, 16);
    const labels = await read(MNIST_LABELS, 8);
    const training = await read(MNIST_TRAINING, 16);
    const folder = emptyFolder();
    for (let i = 0; i < SAMPLES; i++) {
      const raw = { width: SIDE, height: SIDE, channels: 1 as const };
      const png = await sharp(training.subarray(i * SIZE, (i + 1) * SIZE), { raw })
        .png()
        .toBuffer();
      writeFileSync(join(folder, `${i}.png`), png);
    }
    const opened = await openSource(MNIST);
    const out = join(emptyFolder(), "out.onnx");
    const calibrate = { ...calibrationOf(opened, folder), method };
    const report = await convertModel(opened, out, { precision: "int8", calibrate });
    await opened.close();
    expect(report.quantized?.weights).toHaveLength(3);
    expect(report.quantized?.left).toEqual([]);
    const whole = await rightOf(opened.path, images, labels);
    const rounded = await rightOf(out, images, labels);
    expect(whole).toBe(9_891);
    expect(Math.abs(rounded - whole)).toBeLessThanOrEqual(20);
  },
);

async function rightOf(path: string, images: Buffer, labels: Buffer): Promise<number> {
  const session = await openSession(readFileSync(path), { graphOptimizationLevel: "all" });
  const [name] = session.inputNames;
  let right = 0;
  for (let i = 0; i < COUNT; i++) {
    const data = Float32Array.from(images.subarray(i * SIZE, (i + 1) * SIZE));
    const answer = await runSession(session, {
      [name as string]: { dtype: "float32", shape: [1, 1, SIDE, SIDE], data },
    });
    const scores = Object.values(answer)[0]?.data as Float32Array;
    if (scores.indexOf(Math.max(...scores)) === labels[i]) right++;
  }
  await session.release();
  return right;
}
