import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { ImageInput } from "../../src/model/contract/contract.ts";
import type { MaskOutput } from "../../src/model/contract/vision.ts";
import type { Tensor } from "../../src/model/tensor/tensor.ts";
import { type ImageSegment, imageSegmentation } from "../../src/run/tasks/image-segmentation/index.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";
import { ask, bytes, sessionOf } from "./task.ts";

const input: ImageInput = {
  kind: "image",
  tensor: "x",
  size: [16, 24],
  layout: "NHWC",
  color: "RGB",
  resize: "stretch",
  normalize: { scale: 1, mean: [0], std: [1] },
};
const scores: MaskOutput = {
  kind: "mask",
  tensor: "y",
  pixels: "scores",
  layout: "NHWC",
  activation: "none",
  labels: null,
  threshold: 0.5,
};

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#246" } })
    .png()
    .toBuffer();

async function segment(
  y: Tensor,
  output: Partial<MaskOutput>,
  {
    width = 24,
    height = 16,
    image = {} as Partial<ImageInput>,
    labels = null as string[] | null,
    options = {},
  } = {},
): Promise<ImageSegment[]> {
  const spec = { name: "x", dtype: "uint8", shape: [1, 16, 24, 3] } as const;
  const session = sessionOf({ inputs: [spec], outputs: [] }, () => ({ y }));
  const contract = { inputs: { image: { ...input, ...image } }, outputs: { o: { ...scores, ...output } } };
  const given = bytes(await picture(width, height));
  const { value } = await ask<ImageSegment[]>(imageSegmentation, session, contract, given, {
    labels: { o: labels },
    options,
  });
  return value;
}

async function pixelsOf({ mask }: ImageSegment) {
  const file = sharp(Buffer.from(mask, "base64"));
  const { width, height, channels } = await file.metadata();
  return { data: await file.extractChannel(0).raw().toBuffer(), width, height, channels };
}

const float = (shape: number[], data: ArrayLike<number>): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});

test("a picture with nothing in it is answered with a warning", async () => {
  const spec = { name: "x", dtype: "uint8", shape: [1, 16, 24, 3] } as const;
  const y = float([1, 16, 24, 2], new Float32Array(768));
  const session = sessionOf({ inputs: [spec], outputs: [] }, () => ({ y }));
  const contract = { inputs: { image: input }, outputs: { o: scores } };
  const { warnings } = await ask(imageSegmentation, session, contract, bytes(await picture(48, 32)));
  expect(warnings).toEqual([expect.stringContaining("one even colour")]);
});

describe("scores of classes", () => {
  test("each pixel is white in the mask of its best class and of no other, random scores (seed is printed)", async () => {
    const seed = SEED >>> 0;
    const next = random(seed);
    for (const [layout, activation] of [
      ["NHWC", "softmax"],
      ["NCHW", "sigmoid"],
      ["HWC", "none"],
      ["CHW", "softmax"],
    ] as const) {
      const classes = 2 + Math.floor(next() * 6);
      const values = Array.from({ length: 16 * 24 * classes }, () => 8 * next() - 4);
      const last = layout.endsWith("C");
      const at = (pixel: number, c: number) =>
        values[last ? pixel * classes + c : c * 16 * 24 + pixel] as number;
      const plain = last ? [16, 24, classes] : [classes, 16, 24];
      const y = float(layout.startsWith("N") ? [1, ...plain] : plain, values);
      const found = await segment(y, { layout, activation });
      const masks = new Map<string, Awaited<ReturnType<typeof pixelsOf>>>();
      for (const each of found) masks.set(each.label, await pixelsOf(each));
      const sums = new Map<string, number[]>();
      for (let pixel = 0; pixel < 16 * 24; pixel++) {
        const row = Array.from({ length: classes }, (_, c) => Math.fround(at(pixel, c)));
        const best = row.indexOf(Math.max(...row));
        for (let c = 0; c < classes; c++) {
          const white = masks.get(String(c))?.data[pixel];
          expect(white ?? 0, `seed ${seed}, ${layout}, pixel ${pixel}, class ${c}`).toBe(
            c === best ? 255 : 0,
          );
        }
        const top = row[best] as number;
        const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
        const share = { softmax: Math.exp(top) / total, sigmoid: 1 / (1 + Math.exp(-top)), none: top }[
          activation
        ];
        sums.set(String(best), [...(sums.get(String(best)) ?? []), share]);
      }
      for (const { label, score } of found) {
        const shares = sums.get(label) ?? [];
        expect(score).toBeCloseTo(shares.reduce((sum, each) => sum + each, 0) / shares.length, 5);
      }
      const sizes = found.map(({ label }) => sums.get(label)?.length ?? 0);
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    }
  });

  test("masks are as large as the picture, their edge where the scores cross", async () => {
    // Left of column 12 class 0 leads by 3, right of it class 1 by 1: the edge lies a quarter beyond the middle.
    const values = Array.from({ length: 16 * 24 }, (_, pixel) => (pixel % 24 < 12 ? [3, 0] : [0, 1])).flat();
    const found = await segment(
      float([1, 16, 24, 2], values),
      {},
      { width: 480, height: 320, labels: ["a", "b"] },
    );
    expect(found.map(({ label }) => label)).toEqual(["a", "b"]);
    const [left, right] = await Promise.all(found.map(pixelsOf));
    expect([left?.width, left?.height, left?.channels]).toEqual([480, 320, 1]);
    const edge = Array.from({ length: 480 }, (_, x) => left?.data[160 * 480 + x]).lastIndexOf(255);
    expect(edge).toBeGreaterThanOrEqual(238);
    expect(edge).toBeLessThanOrEqual(247);
    const overlap = left?.data.reduce((sum, value, i) => sum + (value === right?.data[i] ? 1 : 0), 0) ?? 0;
    expect(overlap / (480 * 320)).toBeLessThan(0.005);
  });

  test("margins of a letterbox are left out; what was cut off belongs to nothing", async () => {
    const all = float([1, 16, 24, 2], Array.from({ length: 16 * 24 }, () => [1, 0]).flat());
    const [letter] = await segment(all, {}, { width: 48, height: 48, image: { resize: "letterbox" } });
    const whole = await pixelsOf(letter as ImageSegment);
    expect([whole.width, whole.height, Math.min(...whole.data)]).toEqual([48, 48, 255]);
    const [cut] = await segment(
      all,
      {},
      { width: 48, height: 16, image: { resize: "crop", cropFraction: 1 } },
    );
    const { data } = await pixelsOf(cut as ImageSegment);
    expect([data[0], data[24], data[47]]).toEqual([0, 255, 0]);
  });

  test("quantised scores are what they stand for", async () => {
    const data = new Uint8Array(16 * 24 * 2).map((_, i) => (i % 2 === 0 ? 200 : 100));
    const y: Tensor = { dtype: "uint8", shape: [1, 16, 24, 2], data };
    const quantization = { scale: 0.01, zeroPoint: 100 };
    expect(await segment(y, { quantization })).toMatchObject([{ label: "0", score: 1 }]);
  });
});

test("numbers of classes", async () => {
  const data = new BigInt64Array(16 * 24).map((_, i) => (i < 24 ? 5n : i < 72 ? -1n : 2n));
  const y: Tensor = { dtype: "int64", shape: [1, 16, 24], data };
  const labels = ["a", "b", "c"];
  const found = await segment(y, { pixels: "index", layout: "NHW" }, { labels });
  expect(found.map(({ label, score }) => [label, score])).toEqual([
    ["c", null],
    ["-1", null],
    ["5", null],
  ]);
  const { data: mask } = await pixelsOf(found[2] as ImageSegment);
  expect([mask[0], mask[23], mask[24]]).toEqual([255, 255, 0]);
});

test("a foreground: its greys are its shares; none where nothing reaches the threshold", async () => {
  const shares = Array.from({ length: 16 * 24 }, (_, i) => i / 400);
  const y = float([1, 16, 24, 1], shares);
  const [person] = await segment(y, { pixels: "foreground" }, { labels: ["person"] });
  const above = shares.filter((share) => Math.fround(share) >= 0.5);
  expect(person?.label).toBe("person");
  expect(person?.score).toBeCloseTo(above.reduce((sum, each) => sum + each, 0) / above.length, 5);
  const { data } = await pixelsOf(person as ImageSegment);
  expect([...data]).toEqual(shares.map((share) => Math.round(255 * Math.fround(share))));
  const logits = float(
    [1, 16, 24, 1],
    shares.map(() => 100),
  );
  const sure = await segment(logits, { pixels: "foreground", activation: "sigmoid" });
  expect(sure).toMatchObject([{ label: "foreground", score: 1 }]);
  expect(await segment(y, { pixels: "foreground" }, { options: { threshold: 0.99 } })).toEqual([]);
});

test("a foreground of nothing, of next to nothing, or of which the model is not sure, comes with a warning", async () => {
  const spec = { name: "x", dtype: "uint8", shape: [1, 16, 24, 3] } as const;
  const contract = {
    inputs: { image: input },
    outputs: { o: { ...scores, pixels: "foreground" as const } },
  };
  const ramp = Uint8Array.from({ length: 48 * 32 }, (_, i) => (i % 48) * 5);
  const photo = await sharp(ramp, { raw: { width: 48, height: 32, channels: 1 } })
    .png()
    .toBuffer();
  const warned = async (shareOf: (pixel: number) => number) => {
    const y = float(
      [1, 16, 24, 1],
      Array.from({ length: 384 }, (_, i) => shareOf(i)),
    );
    const session = sessionOf({ inputs: [spec], outputs: [] }, () => ({ y }));
    const given = bytes(photo);
    return (await ask(imageSegmentation, session, contract, given, { labels: { o: ["person"] } })).warnings;
  };
  expect(await warned((i) => (i < 100 ? 0.98 : 0.01))).toEqual([]);
  expect(await warned(() => 0.2)).toEqual([
    expect.stringMatching(/^Nothing has a score of 0\.5 .*\(person\)/),
  ]);
  expect(await warned((i) => (i < 3 ? 1 : 0))).toEqual([
    expect.stringMatching(/^Only 0\.8 % of the picture/),
  ]);
  // A clear core with soft edges as large as itself.
  expect(await warned((i) => (i < 100 ? 0.95 : i < 200 ? 0.4 : 0))).toEqual([
    expect.stringMatching(/^The model is hardly sure of what it marks/),
  ]);
});

test("shapes that are no picture's are refused", async () => {
  const refused = { code: "TASK_OUTPUT" };
  for (const shape of [
    [2, 16, 24, 2],
    [16, 24, 2],
    [1, 0, 24, 2],
    [1, 16, 24, 1],
  ]) {
    const y = float(shape, new Float32Array(shape.reduce((product, dim) => product * dim, 1)));
    await expect(segment(y, {}), shape.join()).rejects.toMatchObject(refused);
  }
  const two = float([1, 16, 24, 2], new Float32Array(768));
  await expect(segment(two, { pixels: "foreground" })).rejects.toMatchObject(refused);
});

test("masks are tinted over the picture, the background is not", async () => {
  const mask = async (left: string, right: string) => {
    const half = { width: 5, height: 10, channels: 3 } as const;
    const part = (background: string) =>
      sharp({ create: { ...half, background } })
        .png()
        .toBuffer();
    const png = await sharp({ create: { width: 10, height: 10, channels: 3, background: left } })
      .composite([{ input: await part(right), left: 5, top: 0 }])
      .greyscale()
      .png()
      .toBuffer();
    return png.toString("base64");
  };
  const answer: ImageSegment[] = [
    { label: "background", score: 1, mask: await mask("#fff", "#000") },
    { label: "dog", score: 1, mask: await mask("#000", "#fff") },
  ];
  const white = await sharp({ create: { width: 10, height: 10, channels: 3, background: "#fff" } })
    .png()
    .toBuffer();
  const png = await imageSegmentation.draw?.(answer, bytes(white));
  const { data } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
  // 55 % of #56b4e9 over white.
  const [red = 0, green = 0, blue = 0] = data.subarray(27, 30);
  expect(Math.abs(red - 162) + Math.abs(green - 214) + Math.abs(blue - 243)).toBeLessThan(6);
});
