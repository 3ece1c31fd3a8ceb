import { expect, test } from "vitest";
import type { ImageInput } from "../../src/model/contract/contract.ts";
import { decodePicture, invertPicture, pictureTensor } from "../../src/run/media/image/index.ts";
import { asItIs, bytesOf, expectedPicture, mediaFile } from "./fixtures.ts";

// Two rows of three colours, see pictures.py: red, green, blue; (12, 200, 77), (255, 128, 3), grey 90.
const RGB = bytesOf(expectedPicture("colours.png").pixels);
const IMAGENET = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

async function tensorOf(
  input: Partial<ImageInput>,
  dtype: "float32" | "uint8" | "int8" | "float16" = "float32",
) {
  const whole = { ...asItIs, ...input };
  return pictureTensor(await decodePicture(mediaFile("colours.png"), whole), whole, dtype);
}

test("layouts: the same pixels in the model's order", async () => {
  const rows = [...RGB];
  const planes = [0, 1, 2].flatMap((c) => rows.filter((_, i) => i % 3 === c));
  expect(await tensorOf({ layout: "NHWC" })).toMatchObject({
    shape: [1, 2, 3, 3],
    data: Float32Array.from(rows),
  });
  expect(await tensorOf({ layout: "HWC" })).toMatchObject({
    shape: [2, 3, 3],
    data: Float32Array.from(rows),
  });
  expect(await tensorOf({ layout: "NCHW" })).toMatchObject({
    shape: [1, 3, 2, 3],
    data: Float32Array.from(planes),
  });
  expect(await tensorOf({ layout: "CHW" })).toMatchObject({
    shape: [3, 2, 3],
    data: Float32Array.from(planes),
  });
});

test("BGR turns the channels, mean and deviation follow the model's order", async () => {
  const { data } = await tensorOf({
    layout: "NHWC",
    color: "BGR",
    normalize: { scale: 1, mean: [1, 2, 3], std: [1, 2, 4] },
  });
  // The fourth pixel is (12, 200, 77).
  expect([...(data as Float32Array).subarray(9, 12)]).toEqual([77 - 1, (200 - 2) / 2, (12 - 3) / 4]);
});

test("grey is Pillow's, of one channel in every layout", async () => {
  const grey = Float32Array.from(bytesOf(expectedPicture("colours.png").grey));
  expect(await tensorOf({ color: "GRAY", layout: "NCHW" })).toMatchObject({
    shape: [1, 1, 2, 3],
    data: grey,
  });
  expect(await tensorOf({ color: "GRAY", layout: "NHW" })).toMatchObject({ shape: [1, 2, 3], data: grey });
});

test("normalising is (pixel × scale − mean) / std in float32", async () => {
  const { data } = await tensorOf({ layout: "NHWC", normalize: IMAGENET });
  const expected = Float32Array.from(RGB, (pixel, i) => {
    const c = i % 3;
    return (pixel / 255 - (IMAGENET.mean[c] ?? 0)) / (IMAGENET.std[c] ?? 1);
  });
  expect([...(data as Float32Array)].every((value, i) => Math.abs(value - (expected[i] ?? 0)) < 1e-6)).toBe(
    true,
  );
});

test("whole and half types", async () => {
  expect(await tensorOf({}, "uint8")).toEqual({
    dtype: "uint8",
    shape: [1, 2, 3, 3],
    data: new Uint8Array(RGB),
  });
  const signed = await tensorOf({ normalize: { scale: 1, mean: [128], std: [1] } }, "int8");
  expect([...(signed.data as Int8Array).subarray(0, 3)]).toEqual([127, -128, -128]);
  const half = await tensorOf({ normalize: { scale: 1 / 255, mean: [0], std: [1] } }, "float16");
  // 1 and 0 as IEEE 754 halves.
  expect([...(half.data as Uint16Array).subarray(0, 3)]).toEqual([0x3c00, 0, 0]);
});

test("columns beyond the picture are zero after normalising", async () => {
  const input: ImageInput = {
    ...asItIs,
    layout: "NCHW",
    color: "GRAY",
    normalize: { scale: 1, mean: [10], std: [1] },
  };
  const picture = await decodePicture(mediaFile("colours.png"), input);
  const { shape, data } = pictureTensor(picture, input, "float32", 5);
  expect(shape).toEqual([1, 1, 2, 5]);
  expect([3, 4, 8, 9].map((i) => data[i])).toEqual([0, 0, 0, 0]);
  expect(data[7]).toBe(80);
});

test("the negative leaves alpha alone", async () => {
  const picture = await decodePicture(mediaFile("alpha.png"), { ...asItIs, color: "RGBA" });
  expect([...invertPicture(picture).data.subarray(4, 8)]).toEqual([55, 215, 215, 128]);
});

test("bytes hold white where it is one step beyond them, as quantising cuts it off", async () => {
  const half = { scale: 1, mean: [127.5], std: [127.5 / 128] };
  const { data } = await tensorOf({ normalize: half, layout: "HWC" }, "int8");
  expect(Math.max(...(data as Int8Array))).toBe(127);
  expect(Math.min(...(data as Int8Array))).toBe(-128);
});

test("a contract that cannot be kept is refused", async () => {
  const refused = expect.objectContaining({ code: "MEDIA_PICTURE_TENSOR" });
  await expect(tensorOf({ normalize: { scale: 2, mean: [0], std: [1] } }, "uint8")).rejects.toEqual(refused);
  await expect(tensorOf({ normalize: { scale: 1, mean: [0, 0], std: [1] } })).rejects.toEqual(refused);
  await expect(tensorOf({ normalize: { scale: 1, mean: [0], std: [0] } })).rejects.toEqual(refused);
  await expect(tensorOf({ layout: "NHW" })).rejects.toEqual(refused);
});
