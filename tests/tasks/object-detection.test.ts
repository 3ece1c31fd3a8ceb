import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { Calibration, ImageInput } from "../../src/model/contract/contract.ts";
import type { AnchorGrid, BoxFormat, DetectionsOutput } from "../../src/model/contract/vision.ts";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { calibrationOf } from "../../src/run/tasks/calibration.ts";
import { anchorsOf } from "../../src/run/tasks/object-detection/anchors.ts";
import { candidatesOf } from "../../src/run/tasks/object-detection/candidates.ts";
import { type Detection, objectDetection } from "../../src/run/tasks/object-detection/index.ts";
import { suppress } from "../../src/run/tasks/object-detection/suppress.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";
import { ask, bytes, sessionOf, taskFile } from "./task.ts";

/** What onnxruntime's NonMaxSuppression and numpy made of random boxes: detections.py. */
const recorded = JSON.parse(taskFile("detections.json").toString()) as {
  cases: {
    overlap: number;
    boxes: [number, number, number, number][];
    scores: number[];
    classes: number[];
    greedy: number[];
    greedyAcross: number[];
    weightedAcross: { score: number; box: number[] }[];
  }[];
  calibrated: { transformation: Calibration["transformation"]; line: string; score: number; value: number }[];
};

describe("one box of each thing", () => {
  for (const [i, { overlap, boxes, scores, classes, ...wanted }] of recorded.cases.entries()) {
    const candidates = boxes.map(([left, top, right, bottom], at) => ({
      box: { left, top, right, bottom, points: [] },
      index: classes[at] as number,
      score: scores[at] as number,
      at,
    }));
    const sorted = candidates.sort((a, b) => b.score - a.score);
    const kept = (acrossClasses: boolean) =>
      (suppress(sorted, { overlap, method: "greedy", acrossClasses }) as typeof candidates)
        .map(({ at }) => at)
        .sort((a, b) => a - b);

    test(`random boxes ${i}: ${boxes.length} of them, ${overlap}`, () => {
      expect(kept(false)).toEqual(wanted.greedy);
      expect(kept(true)).toEqual(wanted.greedyAcross);
      const mean = suppress(sorted, { overlap, method: "weighted", acrossClasses: true });
      expect(mean.map(({ score }) => score)).toEqual(wanted.weightedAcross.map(({ score }) => score));
      for (const [at, { box }] of mean.entries()) {
        const numbers = [box.left, box.top, box.right, box.bottom];
        for (const [k, value] of (wanted.weightedAcross[at]?.box ?? []).entries())
          expect(numbers[k]).toBeCloseTo(value, 9);
      }
    });
  }

  test("boxes without area, not-a-number and very many are no trouble", () => {
    const point = { left: 0.5, top: 0.5, right: 0.5, bottom: 0.5, points: [] };
    const same = Array.from({ length: 20_000 }, () => ({ box: point, index: 0, score: 0 }));
    const found = suppress(same, { overlap: 0.5, method: "weighted", acrossClasses: true });
    expect(found).toHaveLength(3_000);
    expect(found[0]?.box).toEqual(point);
  });
});

test("scores are calibrated as the formula says", () => {
  for (const { transformation, line, score, value } of recorded.calibrated) {
    const calibration: Calibration = { transformation, default: 0.25, parameters: [line] };
    expect(calibrationOf(calibration, ["", line])?.(1, score)).toBeCloseTo(value, 9);
    expect(calibrationOf(calibration, ["", line])?.(0, score)).toBe(0.25);
  }
  const log: Calibration = { transformation: "log", default: 0.1, parameters: "file" };
  const calibrate = calibrationOf(log, ["1,1,0"]);
  // Below any logarithm the order stays.
  expect(calibrate?.(0, 0) ?? Number.NaN).toBeGreaterThan(calibrate?.(0, -1) ?? Number.NaN);
  expect(calibrate?.(0, -1)).toBeGreaterThanOrEqual(0);
  expect(calibrate?.(9, 0.5)).toBe(0.1);
  for (const line of ["1,2", "1,2,x", "1,,3", "1,2,3,4,5"]) {
    expect(() => calibrationOf({ ...log }, ["1,1,0", line])).toThrow(
      expect.objectContaining({ code: "TASK_CALIBRATION", message: expect.stringContaining("Line 2") }),
    );
  }
});

const FACES: DetectionsOutput = {
  kind: "detections",
  tensors: { boxes: "regressors", scores: "classificators" },
  box: { type: "center", order: [0, 1, 2, 3], unit: "ratio" },
  keypoints: ["right eye", "left eye", "nose", "mouth", "right ear", "left ear"],
  activation: "sigmoid",
  labels: ["face"],
  threshold: 0.5,
  anchors: {
    strides: [8, 16, 16, 16],
    scales: [0.1484375, 0.75],
    ratios: [1],
    interpolated: 1,
    offset: 0.5,
    fixed: true,
    divisors: [128, 128, 128, 128],
    exponential: false,
  },
  suppression: { overlap: 0.3, method: "weighted", acrossClasses: true },
};

test("raw boxes of a face are read as MediaPipe reads them", () => {
  // faces.py
  const faces = JSON.parse(taskFile("faces.json").toString()) as Record<string, string> & {
    detections: { score: number; box: number[]; points: [number, number][] }[];
  };
  const floats = (name: string) => {
    const buffer = Buffer.from(faces[name] as string, "base64");
    return new Float32Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength));
  };
  const outputs: Tensors = {
    regressors: { dtype: "float32", shape: [1, 896, 16], data: floats("regressors") },
    classificators: { dtype: "float32", shape: [1, 896, 1], data: floats("classificators") },
  };
  const question = { task: "x", width: 128, height: 128, threshold: 0.5, calibrate: null };
  const found = suppress(
    candidatesOf(outputs, FACES, question),
    FACES.suppression as NonNullable<typeof FACES.suppression>,
  );
  expect(found).toHaveLength(faces.detections.length);
  for (const [i, wanted] of faces.detections.entries()) {
    const { box, score } = found[i] ?? {};
    expect(score).toBeCloseTo(wanted.score, 5);
    expect([box?.left, box?.top, box?.right, box?.bottom]).toEqual(
      wanted.box.map((value) => expect.closeTo(value, 4)),
    );
    expect(box?.points).toEqual(
      wanted.points.map(([x, y]) => ({ x: expect.closeTo(x, 4), y: expect.closeTo(y, 4) })),
    );
  }
});

describe("anchors", () => {
  const grid = (more: Partial<AnchorGrid>): AnchorGrid => ({ ...(FACES.anchors as AnchorGrid), ...more });

  test("those of the SSD that MediaPipe's documentation shows: 1917 of 300×300", () => {
    // num_layers 6, ratios 1, 2, 0.5, 3, 0.3333, one more between: six a place, of which the first layer has three there.
    const strides = [16, 32, 64, 128, 256, 512];
    const anchors = anchorsOf(
      grid({ strides, scales: [0.2, 0.95], ratios: [1, 2, 0.5, 3, 1 / 3], fixed: false }),
      300,
      300,
    );
    expect(anchors.length / 4).toBe(1917 + 3 * 19 * 19);
    const [x, y, width, height] = anchors;
    expect([x, y]).toEqual([Math.fround(0.5 / 19), Math.fround(0.5 / 19)]);
    expect([width, height]).toEqual([Math.fround(0.2), Math.fround(0.2)]);
    const wide = anchors.subarray(4, 8);
    expect((wide[2] ?? 0) / (wide[3] ?? 1)).toBeCloseTo(2, 6);
    expect((wide[2] ?? 0) * (wide[3] ?? 0)).toBeCloseTo(0.04, 6);
  });

  test("of one layer the middle scale; a picture that is not square", () => {
    const anchors = anchorsOf(grid({ strides: [32], interpolated: 0, fixed: false }), 64, 100);
    expect(anchors.length / 4).toBe(2 * 4);
    expect(anchors[2]).toBeCloseTo((0.1484375 + 0.75) / 2, 6);
    expect([...anchors.subarray(28, 30)]).toEqual([0.875, 0.75]);
  });

  test("too many, or others than there are boxes", () => {
    const coded = expect.objectContaining({ code: "TASK_ANCHORS" });
    expect(() => anchorsOf(grid({ strides: [1] }), 60_000, 60_000)).toThrow(coded);
    const outputs: Tensors = {
      regressors: { dtype: "float32", shape: [1, 2, 16], data: new Float32Array(32) },
      classificators: { dtype: "float32", shape: [1, 2, 1], data: new Float32Array(2) },
    };
    const question = { task: "x", width: 128, height: 128, threshold: 0, calibrate: null };
    expect(() => candidatesOf(outputs, FACES, question)).toThrow(coded);
  });
});

const input: ImageInput = {
  kind: "image",
  tensor: "x",
  size: [100, 100],
  layout: "NHWC",
  color: "RGB",
  resize: "stretch",
  normalize: { scale: 1, mean: [0], std: [1] },
};
const output: DetectionsOutput = {
  kind: "detections",
  tensors: { boxes: "b", scores: "s", classes: "c", count: "n" },
  box: { type: "boundaries", order: [1, 0, 3, 2], unit: "ratio" },
  activation: "none",
  labels: null,
  threshold: 0.5,
};

interface Answer {
  boxes: number[];
  scores: number[];
  classes?: number[];
  count?: number;
}

/** A session that answers with these tensors whatever it is fed. */
function detector({ boxes, scores, classes, count = scores.length }: Answer, perBox = 4) {
  const n = boxes.length / perBox;
  const float = (shape: number[], data: number[]) =>
    ({ dtype: "float32", shape, data: Float32Array.from(data) }) as const;
  const tensors: Tensors = {
    b: float([1, n, perBox], boxes),
    s: float(classes ? [1, n] : [1, n, scores.length / n], scores),
    c: float([1, n], classes ?? []),
    n: float([1], [count]),
  };
  const spec = { name: "x", dtype: "uint8", shape: [1, 100, 100, 3] } as const;
  return sessionOf({ inputs: [spec], outputs: [] }, () => tensors);
}

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#246" } })
    .png()
    .toBuffer();

test("a picture with nothing in it, or one that is hardly seen, is answered with a warning", async () => {
  const contract = { inputs: { image: input }, outputs: { o: output } };
  const nothing = { boxes: [], scores: [], classes: [] };
  const warned = async (given: Buffer) =>
    (await ask<Detection[]>(objectDetection, detector(nothing), contract, bytes(given))).warnings.join("\n");
  expect(await warned(await picture(400, 400))).toMatch(/one even colour/);
  const ramp = Buffer.from(Uint8Array.from({ length: 900 * 100 }, (_, i) => (i % 900) / 4));
  const strip = await sharp(ramp, { raw: { width: 900, height: 100, channels: 1 } })
    .png()
    .toBuffer();
  expect(await warned(strip)).toMatch(/900×100 .* distorted/);
  const square = await sharp(strip).resize(300, 300, { fit: "fill" }).png().toBuffer();
  expect(await warned(square)).toMatch(/^Nothing has a score of 0\.5 or more/);
});

test("what is hardly found is answered with a warning, what is found without", async () => {
  const contract = { inputs: { image: input }, outputs: { o: output } };
  const ramp = Buffer.from(Uint8Array.from({ length: 100 * 100 }, (_, i) => (i % 100) * 2));
  const given = await sharp(ramp, { raw: { width: 100, height: 100, channels: 1 } })
    .png()
    .toBuffer();
  const warned = async (score: number, labels: string[] | null = null) => {
    const one = detector({ boxes: [0.1, 0.2, 0.5, 0.6], scores: [score], classes: [0] });
    return (await ask<Detection[]>(objectDetection, one, contract, bytes(given), { labels: { o: labels } }))
      .warnings;
  };
  expect(await warned(0.75)).toEqual([]);
  expect(await warned(0.55)).toEqual([expect.stringMatching(/score is 0\.55, little above the 0\.5/)]);
  expect(await warned(0.25, ["face"])).toEqual([expect.stringMatching(/what the model finds \(face\) may/)]);
  expect(await warned(0.25, ["a", "b", "c", "d"])).toEqual([expect.stringMatching(/model finds may not/)]);
});

describe("pixels of the picture that was given", () => {
  const answer = { boxes: [0.1, 0.2, 0.5, 0.6], scores: [0.75], classes: [3] };
  const find = async (
    image: Partial<ImageInput>,
    width: number,
    height: number,
    box: Partial<BoxFormat> = {},
  ) => {
    const contract = {
      inputs: { image: { ...input, ...image } },
      outputs: { o: { ...output, box: { ...output.box, ...box } } },
    };
    const labels = { o: ["a", "b", "c", "d"] };
    const given = bytes(await picture(width, height));
    const { value } = await ask<Detection[]>(objectDetection, detector(answer), contract, given, { labels });
    return value;
  };

  test("stretched, letterboxed, cut out", async () => {
    expect(await find({}, 400, 200)).toEqual([
      { label: "d", score: 0.75, box: { xmin: 80, ymin: 20, xmax: 240, ymax: 100 } },
    ]);
    // 100 wide and 50 high, 25 from the top: a row at 10 is above the picture, one at 50 its middle.
    const [letter] = await find({ resize: "letterbox" }, 400, 200);
    expect(letter?.box).toEqual({ xmin: 80, ymin: 0, xmax: 240, ymax: 100 });
    // 200 wide, of which 50 are cut off at either side.
    const [cut] = await find({ resize: "crop", cropFraction: 1 }, 400, 200);
    expect(cut?.box).toEqual({ xmin: 140, ymin: 20, xmax: 220, ymax: 100 });
  });

  test("other orders, a corner with a size, a middle with a size, pixels", async () => {
    const plain = await find({}, 100, 100, { order: [0, 1, 2, 3] });
    expect(plain[0]?.box).toEqual({ xmin: 10, ymin: 20, xmax: 50, ymax: 60 });
    const corner = await find({}, 100, 100, { order: [0, 1, 2, 3], type: "upper-left" });
    expect(corner[0]?.box).toEqual({ xmin: 10, ymin: 20, xmax: 60, ymax: 80 });
    const middle = await find({}, 100, 100, { order: [0, 1, 2, 3], type: "center" });
    expect(middle[0]?.box).toEqual({ xmin: 0, ymin: 0, xmax: 35, ymax: 50 });
    const pixels = await find({}, 1000, 1000, { unit: "pixels" });
    expect(pixels[0]?.box).toEqual({ xmin: 2, ymin: 1, xmax: 6, ymax: 5 });
  });

  test("a tensor that is ready: pixels of the model's picture", async () => {
    const contract = { inputs: { image: input }, outputs: { o: output } };
    const x = { dtype: "uint8", shape: [1, 50, 200, 3], data: new Uint8Array(30_000) } as const;
    const given = { kind: "tensors", tensors: { x } } as const;
    const { value } = await ask<Detection[]>(objectDetection, detector(answer), contract, given);
    expect(value[0]).toMatchObject({ label: "3", box: { xmin: 40, ymin: 5, xmax: 120, ymax: 25 } });
  });
});

describe("what is answered", () => {
  const contract = { inputs: { image: input }, outputs: { o: output } };
  const find = async (
    answer: Answer,
    options: Record<string, unknown> = {},
    more: Partial<DetectionsOutput> = {},
  ) => {
    const given = bytes(await picture(100, 100));
    const outputs = { o: { ...output, ...more } };
    const { value } = await ask<Detection[]>(
      objectDetection,
      detector(answer),
      { ...contract, outputs },
      given,
      { options },
    );
    return value;
  };
  const three: Answer = {
    boxes: [0, 0, 1, 1, 0, 0, 0.5, 0.5, 0, 0, 0.25, 0.25],
    scores: [0.5, 0.9, 0.4],
    classes: [0, 1, 2],
  };

  test("from the threshold on, best first; as many as are asked for; as many as count", async () => {
    const labels = async (options = {}, answer = three) =>
      (await find(answer, options)).map(({ label }) => label);
    expect(await labels()).toEqual(["1", "0"]);
    expect(await labels({ threshold: 0 })).toEqual(["1", "0", "2"]);
    expect(await labels({ threshold: 0, top: 1 })).toEqual(["1"]);
    expect(await labels({ threshold: 0 }, { ...three, count: 2 })).toEqual(["1", "0"]);
    expect(await labels({}, { ...three, count: Number.NaN })).toEqual([]);
    expect(await labels({}, { ...three, count: 1e9 })).toEqual(["1", "0"]);
    await expect(find(three, { threshold: "much" })).rejects.toMatchObject({ code: "TASK_OPTION" });
  });

  test("nothing that is no box: upside down, not-a-number, a class below zero", async () => {
    const odd: Answer = {
      boxes: [1, 1, 0, 0, Number.NaN, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, Number.POSITIVE_INFINITY],
      scores: [1, 1, 1, 1],
      classes: [0, 0, -1, 7],
    };
    expect(await find(odd)).toEqual([
      { label: "7", score: 1, box: { xmin: 0, ymin: 0, xmax: 100, ymax: 100 } },
    ]);
  });

  test("without a tensor of classes each box has its best one", async () => {
    const answer: Answer = { boxes: [0, 0, 1, 1, 0, 0, 0.5, 0.5], scores: [0.1, 0.7, 0.2, 0.3, 0.1, 0.6] };
    const found = await find(answer, {}, { tensors: { boxes: "b", scores: "s" } });
    expect(found.map(({ label, score }) => [label, score])).toEqual([
      ["1", 0.7],
      ["2", 0.6],
    ]);
  });

  test("shapes that do not fit are refused with the tensor's name", async () => {
    const refused = (tensor: string) => ({
      code: "TASK_OUTPUT",
      message: expect.stringContaining(`output ${tensor} `),
    });
    await expect(find(three, {}, { keypoints: ["nose"] })).rejects.toMatchObject(refused("b"));
    await expect(find({ ...three, scores: [1, 1] })).rejects.toMatchObject(refused("s"));
    await expect(find(three, {}, { tensors: { ...output.tensors, scores: "q" } })).rejects.toMatchObject(
      refused("q"),
    );
  });

  test("whatever the tensors hold, boxes lie in the picture (seeds are printed)", async () => {
    for (let round = 0; round < 20; round++) {
      const seed = (SEED + round) >>> 0;
      const next = random(seed);
      const number = () =>
        [next() * 3 - 1, next(), Number.NaN, Number.POSITIVE_INFINITY, -0][Math.floor(next() * 5)] as number;
      const n = Math.floor(next() * 30);
      const list = (length: number) => Array.from({ length }, number);
      const found = await find({
        boxes: list(4 * n),
        scores: list(n),
        classes: list(n),
        count: number() * n,
      });
      for (const { box } of found) {
        const { xmin, ymin, xmax, ymax } = box;
        expect(
          xmin >= 0 && ymin >= 0 && xmax <= 100 && ymax <= 100 && xmin <= xmax && ymin <= ymax,
          `seed ${seed}`,
        ).toBe(true);
      }
    }
  });
});

test("boxes, points and words are drawn where they belong, on a grey picture and one that lies on its side", async () => {
  const turned = await sharp({ create: { width: 60, height: 100, channels: 3, background: "#000" } })
    .jpeg()
    .withMetadata({ orientation: 6 })
    .toBuffer();
  const found: Detection[] = [
    {
      label: "größe 東",
      score: 0.5,
      box: { xmin: 50, ymin: 20, xmax: 90, ymax: 50 },
      keypoints: [{ label: "p", x: 20, y: 40 }],
    },
  ];
  const grey = await sharp(turned, { autoOrient: true }).greyscale().png().toBuffer();
  for (const file of [turned, grey]) {
    const png = await objectDetection.draw?.(found, bytes(file));
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([100, 60]);
    const at = (x: number, y: number) => [...data.subarray(3 * (y * 100 + x), 3 * (y * 100 + x) + 3)];
    const ink = [0x56, 0xb4, 0xe9];
    expect([at(50, 35), at(90, 35), at(70, 50), at(20, 40)]).toEqual([ink, ink, ink, ink]);
    expect([at(70, 35), at(5, 55)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  }
  const tensors = { kind: "tensors", tensors: {} } as const;
  await expect(objectDetection.draw?.(found, tensors)).rejects.toMatchObject({ code: "TASK_INPUT_KIND" });
});
