import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { decodePicture, fitPixels } from "../../src/run/media/image/index.ts";
import { asItIs, mediaFile } from "./fixtures.ts";
import { jpegOfScans } from "./scans.ts";

const refused = (bytes: Uint8Array) =>
  decodePicture(bytes, asItIs).then(
    () => null,
    (error: unknown) => error,
  );

test("what is no picture is named as what it is", async () => {
  for (const [bytes, found] of [
    [Buffer.alloc(0), /empty/],
    [Buffer.from("hello, I am a text that was renamed"), /68 65 6c 6c/],
    [Buffer.from("<!DOCTYPE html><title>Not found</title>"), /web page/],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /SVG/],
    [mediaFile("colours.bmp"), /BMP/],
    [mediaFile("s16.wav"), /WAV/],
    [Buffer.from("%PDF-1.7\n"), /PDF/],
  ] as const) {
    const error = await refused(bytes);
    expect(error).toMatchObject({
      code: "MEDIA_PICTURE_UNKNOWN",
      http: 400,
      message: expect.stringMatching(found),
    });
  }
});

test("a JPEG of very many scans is refused before one of them is decoded; of as many as are allowed it is read", async () => {
  expect(await refused(await jpegOfScans(64, 501))).toMatchObject({
    code: "MEDIA_PICTURE_SCANS",
    message: expect.stringContaining("more than 500 scans"),
  });
  const read = await decodePicture(await jpegOfScans(64, 500), asItIs);
  expect([read.width, read.height]).toEqual([64, 64]);
  expect(Math.abs((read.data[0] as number) - 0x88)).toBeLessThan(3);
});

test("a picture that is not decoded in time is given up by name", async () => {
  // Five hundred times through four megapixels, whatever the decoder says of its own clock.
  const slow = await jpegOfScans(2_000, 500);
  expect(slow.length).toBeLessThan(2 ** 18);
  await expect(decodePicture(slow, { ...asItIs, size: [28, 28] }, 0.05)).rejects.toMatchObject({
    code: "MEDIA_PICTURE_SLOW",
    http: 422,
    message: expect.stringContaining("within 0.05 seconds"),
  });
});

test("pictures that are cut off or damaged", async () => {
  for (const name of [
    "progressive.jpg",
    "photo.png",
    "colours.tiff",
    "moving.gif",
    "orientation-6.webp",
    "cmyk.jpg",
  ]) {
    const whole = mediaFile(name);
    for (const length of [12, Math.floor(whole.length / 2)]) {
      const error = await refused(whole.subarray(0, length));
      expect(error, `${name} of ${length} bytes`).toMatchObject({ code: "MEDIA_PICTURE_DAMAGED" });
    }
  }
});

test("a PNG of 50,000 × 50,000 is refused by its header", async () => {
  const error = await refused(pngOf(50_000, 50_000));
  expect(error).toMatchObject({
    code: "MEDIA_PICTURE_TOO_LARGE",
    http: 413,
    message: expect.stringContaining("50000×50000"),
  });
  expect(process.memoryUsage().rss).toBeLessThan(500e6);
});

test("sizes that only the decoder reads are limited too", async () => {
  // A TIFF of one directory: width, height, 8 bits, no compression, one strip of pixels.
  const entries = [
    [256, 50_000],
    [257, 50_000],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 8],
    [278, 50_000],
    [279, 8],
  ];
  const tiff = Buffer.alloc(8 + 2 + entries.length * 12 + 4);
  tiff.write("II*\0", "latin1");
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag = 0, value = 0], i) => {
    tiff.writeUInt16LE(tag, 10 + i * 12);
    tiff.writeUInt16LE(4, 12 + i * 12);
    tiff.writeUInt32LE(1, 14 + i * 12);
    tiff.writeUInt32LE(value, 18 + i * 12);
  });
  expect(await refused(tiff)).toMatchObject({ code: "MEDIA_PICTURE_TOO_LARGE" });
});

test("a picture without pixels", async () => {
  expect(await refused(pngOf(0, 10))).toMatchObject({ code: "MEDIA_PICTURE_DAMAGED" });
});

test("the limits of JPEG headers that lie about their segments", async () => {
  const jpeg = mediaFile("orientation-6.jpg");
  for (const at of [2, 4, 5, 20, 21, 30, 31]) {
    const bytes = Buffer.from(jpeg);
    bytes[at] = 0xff;
    // Some lies are harmless: then the picture is decoded all the same.
    const error = await refused(bytes);
    if (error) expect(error, `byte ${at}`).toMatchObject({ code: "MEDIA_PICTURE_DAMAGED" });
  }
});

test("pixels that are given as numbers pass the same limits", async () => {
  const pixels = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(0, 255) };
  const { data } = await fitPixels(pixels, asItIs);
  expect([...data]).toEqual([0, 0, 0, 255, 255, 255]);
});

function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(1000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
