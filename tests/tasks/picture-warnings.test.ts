import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { ImageInput } from "../../src/model/contract/contract.ts";
import { decodePicture } from "../../src/run/media/image/index.ts";
import { warnOfPicture } from "../../src/run/tasks/picture-warnings.ts";
import { ROOT } from "../cli/modelyard.ts";

/** What a model for photos takes. */
const PHOTO: ImageInput = {
  kind: "image",
  tensor: "x",
  size: [224, 224],
  resize: "stretch",
  layout: "NCHW",
  color: "RGB",
  normalize: { mean: [0, 0, 0], std: [1, 1, 1], scale: 1 },
};

const warned = async (file: Uint8Array) => warnOfPicture(await decodePicture(file, PHOTO), PHOTO).join("\n");

describe("a model for photos", () => {
  const paths = ["M25 20 H75 L45 85", "M50 20 a15 15 0 1 0 0.1 0", "M30 30 Q50 5 70 30 Q72 50 28 82 H75"];
  const inks = [
    ["#fff", "#000"],
    ["#000", "#fff"],
    ["#113", "#fffbe8"],
  ] as const;
  test.for(paths.flatMap((path) => inks.map(([ink, ground]) => [path, ink, ground] as const)))(
    "warns of what is drawn: %s, %s on %s",
    async ([path, ink, ground]) => {
      for (const width of [3, 8, 12]) {
        const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="280" height="280" viewBox="0 0 100 100"><rect width="100" height="100" fill="${ground}"/><path d="${path}" stroke="${ink}" stroke-width="${width}" fill="none"/></svg>`;
        expect(await warned(await sharp(Buffer.from(svg)).png().toBuffer())).toMatch(/strokes of one ink/);
      }
    },
  );

  test("does not warn of photos, as they are and grey", async (context) => {
    const shared = process.env.MODELYARD_SHARED ?? join(ROOT, "../shared");
    const photos = [
      join(ROOT, "examples/models/photo-faces/astronaut.jpg"),
      ...["burger.jpg", "cats_and_dogs.jpg", "segmentation_input_rotation0.jpg"].map((name) =>
        join(shared, "models/tflite", name),
      ),
    ];
    if (!photos.every((path) => existsSync(path))) return context.skip("photos of ../shared are not at hand");
    for (const path of photos) {
      expect(await warned(readFileSync(path)), path).toBe("");
      expect(await warned(await sharp(path).greyscale().png().toBuffer()), path).toBe("");
    }
  });
});
