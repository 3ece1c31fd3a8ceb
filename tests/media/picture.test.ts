import { expect, test } from "vitest";
import { decodePicture } from "../../src/run/media/image/index.ts";
import { asItIs, bytesOf, expectedPicture, furthest, mediaFile } from "./fixtures.ts";

/** JPEG decoders may differ by a level or two in their arithmetic. */
const JPEG_LEVELS = 2;

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`a JPEG with EXIF orientation ${orientation} stands upright`, async () => {
    await expectAsPillow(`orientation-${orientation}.jpg`, JPEG_LEVELS);
  });
}

test("the orientation of PNG and WebP counts too", async () => {
  await expectAsPillow("orientation-6.png", 0);
  await expectAsPillow("orientation-6.webp", 0);
});

test("PNG of one bit, of a palette, TIFF, and the first frame of what moves", async () => {
  for (const name of ["palette.png", "colours.png", "colours.tiff", "moving.gif", "moving.webp"]) {
    await expectAsPillow(name, 0);
  }
  await expectAsPillow("progressive.jpg", JPEG_LEVELS);
  const bits = await decodePicture(mediaFile("bits.png"), asItIs);
  expect(everyThird(bits.data)).toEqual(bytesOf(expectedPicture("bits.png").pixels));
});

test("grey keeps every level", async () => {
  const { data } = await decodePicture(mediaFile("grey.png"), asItIs);
  expect(everyThird(data)).toEqual(bytesOf(expectedPicture("grey.png").pixels));
});

test("16 bits a channel become 8", async () => {
  await expectAsPillow("deep.png", 1);
  const grey = await decodePicture(mediaFile("deep-grey.png"), asItIs);
  expect(
    furthest(everyThird(grey.data), bytesOf(expectedPicture("deep-grey.png").pixels)),
  ).toBeLessThanOrEqual(1);
});

test("transparent pixels show white, and black where the model expects a dark ground", async () => {
  const { pixels, black } = expectedPicture("alpha.png");
  const white = await decodePicture(mediaFile("alpha.png"), asItIs);
  expect(furthest(white.data, bytesOf(pixels))).toBeLessThanOrEqual(1);
  const dark = await decodePicture(mediaFile("alpha.png"), { ...asItIs, ground: "dark" });
  expect(furthest(dark.data, bytesOf(black))).toBeLessThanOrEqual(1);
  const kept = await decodePicture(mediaFile("alpha.png"), { ...asItIs, color: "RGBA" });
  expect([kept.channels, ...kept.data.subarray(4, 8)]).toEqual([4, 200, 40, 40, 128]);
});

test("CMYK: paper is white, ink is black, magenta on yellow is red", async () => {
  const { data, width } = await decodePicture(mediaFile("cmyk.jpg"), asItIs);
  const at = (x: number) => [...data.subarray((8 * width + x) * 3, (8 * width + x) * 3 + 3)];
  expect(Math.min(...at(4))).toBeGreaterThan(240);
  expect(Math.max(...at(24))).toBeLessThan(60);
  const [red = 0, green = 255, blue = 255] = at(44);
  expect(red).toBeGreaterThan(200);
  expect(Math.max(green, blue)).toBeLessThan(70);
});

async function expectAsPillow(name: string, levels: number): Promise<void> {
  const expected = expectedPicture(name);
  const picture = await decodePicture(mediaFile(name), asItIs);
  expect([name, picture.width, picture.height]).toEqual([name, expected.width, expected.height]);
  expect(picture.source).toMatchObject({ width: expected.width, height: expected.height });
  expect([name, furthest(picture.data, bytesOf(expected.pixels)) <= levels]).toEqual([name, true]);
}

function everyThird(data: Uint8Array): Uint8Array {
  return data.filter((_, i) => i % 3 === 0);
}
