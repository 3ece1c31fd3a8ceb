import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { expect, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { startServer } from "../../src/serve/server/start.ts";
import type { PredictionRow } from "../../src/serve/store/store.ts";
import { packageFile } from "../models.ts";
import { MNIST_IMAGES, MNIST_LABELS } from "../packages.ts";
import { memoryStore } from "../serve/server.ts";
import { MNIST } from "./task.ts";

const SIDE = 28;
const COUNT = 10_000;
/** What the model's authors reach is 98.9 %; onnxruntime alone, fed with the raw pixels, has these right: models.md. */
const RIGHT = 9_891;
/** Questions that are asked at once. */
const CLIENTS = 32;

test("98.9 % of the 10,000 test images of MNIST, through the task route", async (context) => {
  // The IDX format: 16 and 8 bytes of head, then one byte a pixel or label.
  const images = (await readFile(await packageFile(context, ...MNIST_IMAGES))).subarray(16);
  const labels = (await readFile(await packageFile(context, ...MNIST_LABELS))).subarray(8);
  expect([images.length, labels.length]).toEqual([COUNT * SIDE * SIDE, COUNT]);
  const catalogue = await openCatalogue(MNIST);
  const rows: PredictionRow[] = [];
  const server = await startServer({ catalogue, store: memoryStore(rows), port: 0 });
  try {
    await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
    const asPng = await rightOf(labels, (i) => askPng(server.url, pixelsOf(images, i)));
    const asJson = await rightOf(labels, (i) => askJson(server.url, pixelsOf(images, i)));
    expect({ asPng, asJson }).toEqual({ asPng: RIGHT, asJson: RIGHT });
    // A row may be kept a moment after its answer has gone.
    await expect.poll(() => rows.filter(({ status }) => status === 200).length).toBe(2 * COUNT);
  } finally {
    await server.close();
    await catalogue.close();
  }
});

const pixelsOf = (images: Buffer, i: number) => images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);

async function rightOf(labels: Buffer, classify: (index: number) => Promise<string>): Promise<number> {
  let next = 0;
  let right = 0;
  const client = async () => {
    for (let i = next++; i < COUNT; i = next++) {
      if ((await classify(i)) === String(labels[i])) right++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return right;
}

async function askPng(url: string, pixels: Buffer): Promise<string> {
  const raw = { width: SIDE, height: SIDE, channels: 1 as const };
  return best(url, "image/png", await sharp(pixels, { raw }).png({ compressionLevel: 1 }).toBuffer());
}

async function askJson(url: string, pixels: Buffer): Promise<string> {
  const rows = Array.from({ length: SIDE }, (_, y) => [...pixels.subarray(y * SIDE, (y + 1) * SIDE)]);
  return best(url, "application/json", JSON.stringify({ inputs: rows, parameters: { top: 1 } }));
}

async function best(url: string, type: string, body: Buffer | string): Promise<string> {
  const response = await fetch(`${url}/models/mnist`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  const answer = (await response.json()) as { label: string }[];
  if (!response.ok) throw new Error(JSON.stringify(answer));
  // What the model was made for is never called unlike it.
  const warnings = response.headers.get("x-modelyard-warnings");
  if (warnings !== null) throw new Error(warnings);
  return answer[0]?.label ?? "";
}
