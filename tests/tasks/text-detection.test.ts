import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, type TestContext, test } from "vitest";
import type { LoadedModel } from "../../src/run/pipeline/index.ts";
import { cropRegions } from "../../src/run/tasks/text-detection/crop.ts";
import type { TextPlace } from "../../src/run/tasks/text-detection/index.ts";
import { inReadingOrder } from "../../src/run/tasks/text-detection/order.ts";
import { regionsOf } from "../../src/run/tasks/text-detection/regions.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { WORD_PNG } from "../packages.ts";
import { answerOf, bytes, loadModel, ROOT, taskFile } from "./task.ts";

interface Region {
  corners: [number, number][];
  score: number;
}
const { crop, ...maps } = JSON.parse(taskFile("text-regions.json").toString()) as {
  word: Region[];
  page: Region[];
  crop: { corners: [number, number][] };
};
const RULES = { threshold: 0.3, regionThreshold: 0.6, unclip: 1.5 };

async function pixelsOf(name: string, channels: 1 | 3) {
  const { data, info } = await sharp(taskFile(name))
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { width, height, channels, data: new Uint8Array(data) };
}

test.each(["word", "page"] as const)(
  "finds the regions that OpenCV, pyclipper and shapely find in the map of a real net: %s",
  async (name) => {
    const { width, height, data } = await pixelsOf(`text-map-${name}.png`, 1);
    const map = Float32Array.from(data, (value) => value / 255);
    const found = regionsOf(map, width, height, RULES);
    const wanted = [...maps[name]];
    expect(found.length).toBe(wanted.length);
    for (const { corners, score } of found) {
      // pyclipper offsets whole numbers: a corner may lie a pixel aside.
      const far = (region: Region) =>
        Math.max(
          ...region.corners.map(([x, y], i) =>
            Math.hypot(x - (corners[i]?.[0] ?? 0), y - (corners[i]?.[1] ?? 0)),
          ),
        );
      const nearest = wanted.reduce((a, b) => (far(b) < far(a) ? b : a));
      expect(far(nearest)).toBeLessThan(1.8);
      // Corners are cut to whole pixels, which the last bit of a float decides: a row more or less of some fifteen.
      expect(Math.abs(score - nearest.score)).toBeLessThan(0.03);
    }
  },
);

test("cuts a skewed piece out as OpenCV's warpPerspective does", async () => {
  const page = await pixelsOf("text-page.png", 3);
  const wanted = await pixelsOf("text-crop.png", 3);
  const [piece] = cropRegions(page, [crop]);
  expect([piece?.width, piece?.height]).toEqual([wanted.width, wanted.height]);
  // OpenCV places pixels in steps of a 32nd.
  let sum = 0;
  for (const [i, value] of wanted.data.entries()) sum += Math.abs(value - (piece?.data[i] ?? 0));
  expect(sum / wanted.data.length).toBeLessThan(0.6);
});

test("a piece that stands on its end is turned", () => {
  const data = new Uint8Array(10 * 20).map((_, i) => i);
  const picture = { width: 10, height: 20, channels: 1, data } as const;
  const corners = [
    [2, 2],
    [6, 2],
    [6, 18],
    [2, 18],
  ] as const;
  const [piece] = cropRegions(picture, [{ corners }]);
  expect([piece?.width, piece?.height]).toEqual([16, 4]);
  // The upper right pixel of the piece becomes its upper left one.
  expect(piece?.data[0]).toBe(2 * 10 + 5);
});

test("regions are read line by line", () => {
  const at = (xmin: number, ymin: number) => ({ box: { xmin, ymin, xmax: xmin + 50, ymax: ymin + 20 } });
  const shuffled = [at(10, 40), at(80, 3), at(10, 0), at(90, 38)];
  expect(inReadingOrder(shuffled).map(({ box }) => [box.xmin, box.ymin])).toEqual([
    [10, 0],
    [80, 3],
    [10, 40],
    [90, 38],
  ]);
});

describe("PP-OCR's detector", () => {
  let detector: LoadedModel | null = null;
  afterAll(() => detector?.close());

  async function detect(context: TestContext, file: Uint8Array, options = {}) {
    await packageFile(context, ...WORD_PNG);
    detector ??= await loadModel(join(ROOT, "tests/fixtures/tasks/detect"));
    return answerOf<TextPlace[]>(detector.predict(bytes(file), undefined, options));
  }

  test("finds the drawn lines, turned ones too", async (context) => {
    const { value, warnings } = await detect(context, taskFile("text-page.png"));
    expect(value.length).toBe(maps.page.length);
    expect(value.slice(0, 2).map(({ box }) => box.xmin < 100)).toEqual([true, false]);
    expect(warnings).toEqual([]);
  });

  test("finds the word of tesseract.js-node, and nothing above an impossible threshold", async (context) => {
    const file = await readFile(await packageFile(context, ...WORD_PNG));
    expect((await detect(context, file)).value).toHaveLength(1);
    const none = await detect(context, file, { threshold: 1 });
    expect(none.value).toEqual([]);
    expect(none.warnings).toHaveLength(1);
    await expect(detect(context, file, { unclip: -1 })).rejects.toMatchObject({ code: "TASK_OPTION" });
  });

  test("places what it finds in the picture, whatever borders the net's own picture has", async (context) => {
    const page = taskFile("text-page.png");
    const { value: whole } = await detect(context, page);
    const folder = emptyFolder();
    const yaml = taskFile("detect/model.yaml").toString();
    const square = yaml.replace(/size: .*\n.*\n.*\n/, "size: [960, 960]\n").replace("stretch", "letterbox");
    writeFileSync(join(folder, "model.yaml"), square);
    const model = await loadModel(folder);
    const { value } = await answerOf<TextPlace[]>(model.predict(bytes(page))).finally(model.close);
    expect(value).toHaveLength(whole.length);
    for (const { corners } of whole) {
      const apart = (other: TextPlace) =>
        Math.max(
          ...corners.map(([x, y], i) =>
            Math.hypot(x - (other.corners[i]?.[0] ?? 0), y - (other.corners[i]?.[1] ?? 0)),
          ),
        );
      expect(Math.min(...value.map(apart))).toBeLessThan(12);
    }
  });
});
