import { expect, test } from "vitest";
import type { ImageInput } from "../../src/model/contract/contract.ts";
import { decodePicture } from "../../src/run/media/image/index.ts";
import { asItIs, bytesOf, expectedPicture, furthest, mediaFile } from "./fixtures.ts";

/** Both widen a triangle when they shrink, but round their weights differently. */
const LEVELS = 3;
const square: ImageInput = { ...asItIs, size: [32, 32] };

test("stretch is Pillow's bilinear resize", () => expectFit("stretch", { ...square, resize: "stretch" }));

test("crop with a fraction is torchvision's Resize and CenterCrop", () =>
  expectFit("crop", { ...square, resize: "crop", cropFraction: 0.8 }));

test("letterbox keeps the proportions, between margins of grey 114", () =>
  expectFit("letterbox", { ...square, resize: "letterbox" }));

test("enlarging is the plain bilinear", () => expectFit("larger", { ...asItIs, size: [72, 108] }));

test("crop without a fraction keeps the whole shorter edge", async () => {
  const picture = await decodePicture(mediaFile("photo.png"), { ...asItIs, size: [60, 60], resize: "crop" });
  const whole = await decodePicture(mediaFile("photo.png"), asItIs);
  const middle = [...whole.data.subarray(15 * 3, 75 * 3)];
  expect([...picture.data.subarray(0, 180)]).toEqual(middle);
});

test("a free width follows the height, rounded up; a line beyond the limit is squeezed", async () => {
  const line: ImageInput = { ...asItIs, size: [48, null], resize: "width-free" };
  expect(await sizeOf("photo.png", line)).toEqual([72, 48]);
  // 24 × 16 → 47 high: 70.5 → 71.
  expect(await sizeOf("orientation-1.jpg", { ...line, size: [47, null] })).toEqual([71, 47]);
  expect(await sizeOf("orientation-6.png", line)).toEqual([32, 48]);
  expect(await sizeOf("photo.png", { ...line, size: [2400, null] })).toEqual([3200, 2400]);
});

test("where both sides are free the picture stays as it is", async () => {
  expect(await sizeOf("photo.png", asItIs)).toEqual([90, 60]);
  expect(await sizeOf("photo.png", { ...asItIs, size: [null, 45] })).toEqual([45, 30]);
});

test("without antialias it is OpenCV's bilinear interpolation: opencv.py", async () => {
  const recorded = JSON.parse(mediaFile("opencv.json").toString()) as Record<string, string>;
  for (const [name, pixels] of Object.entries(recorded)) {
    const [width = 0, height = 0] = name.split("x").map(Number);
    const input: ImageInput = { ...asItIs, size: [height, width], antialias: false };
    const picture = await decodePicture(mediaFile("photo.png"), input);
    expect([picture.width, picture.height]).toEqual([width, height]);
    // OpenCV's weights have eleven bits.
    expect(furthest(picture.data, Buffer.from(pixels, "base64")), name).toBeLessThanOrEqual(1);
  }
});

test("where the whole picture lies in what the model sees; the grey of margins", async () => {
  for (const antialias of [true, false]) {
    const look = async (more: Partial<ImageInput>) =>
      decodePicture(mediaFile("photo.png"), { ...square, antialias, ...more });
    const stretched = await look({ resize: "stretch" });
    expect(stretched.placed).toEqual({ left: 0, top: 0, width: 32, height: 32 });
    const letter = await look({ resize: "letterbox", margin: 7 });
    expect(letter.placed).toEqual({ left: 0, top: 5, width: 32, height: 21 });
    expect([letter.data[0], letter.data.at(-1)]).toEqual([7, 7]);
    expect(letter.data[3 * 32 * 6]).not.toBe(7);
    const cut = await look({ resize: "crop", cropFraction: 1 });
    expect(cut.placed).toEqual({ left: -8, top: 0, width: 48, height: 32 });
    expect(letter.source).toEqual({ width: 90, height: 60 });
  }
});

async function expectFit(name: string, input: ImageInput): Promise<void> {
  const picture = await decodePicture(mediaFile("photo.png"), input);
  const expected = bytesOf(expectedPicture("photo.png").fits?.[name]);
  expect(furthest(picture.data, expected)).toBeLessThanOrEqual(LEVELS);
}

async function sizeOf(name: string, input: ImageInput): Promise<number[]> {
  const { width, height } = await decodePicture(mediaFile(name), input);
  return [width, height];
}
