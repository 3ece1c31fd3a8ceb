import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImageInput } from "../../src/model/contract/contract.ts";
import type { LoadedModel } from "../../src/run/pipeline/index.ts";
import { imageClassification } from "../../src/run/tasks/image-classification/index.ts";
import type { TaskInput } from "../../src/run/tasks/index.ts";
import { describeInput } from "../../src/run/tasks/inputs.ts";
import { SHARED } from "../serve/catalogue.ts";
import { random } from "../serve/random.ts";
import { type Answered, answerOf, ask, bytes, json, loadModel, MNIST, sessionOf, taskFile } from "./task.ts";

/** The light of a lamp that stands at one side. */
const SHADOW = `<svg xmlns="http://www.w3.org/2000/svg" width="280" height="280"><defs><linearGradient id="g">
<stop offset="0" stop-color="#fff"/><stop offset="1" stop-color="#bbb"/></linearGradient></defs>
<rect width="280" height="280" fill="url(#g)"/></svg>`;

interface ClassScore {
  label: string;
  score: number;
}
/** What onnxruntime and numpy made of each picture: sevens.py. */
const expected = JSON.parse(taskFile("sevens.json").toString()) as Record<
  string,
  { logits: number[]; softmax: number[] }
>;

describe("mnist", () => {
  let mnist: LoadedModel;
  beforeAll(async () => {
    mnist = await loadModel(MNIST);
  });
  afterAll(() => mnist.close());

  const classify = (
    input: TaskInput,
    options: Record<string, unknown> = {},
  ): Promise<Answered<ClassScore[]>> => answerOf(mnist.predict(input, undefined, options));
  /** Logits in the order of the classes. */
  const logitsOf = async (input: TaskInput, options: Record<string, unknown> = {}) => {
    const { value } = await classify(input, { ...options, top: 10, function_to_apply: "none" });
    return value.sort((a, b) => Number(a.label) - Number(b.label)).map(({ score }) => score);
  };

  test.each(["grey", "colour", "palette", "alpha"])("a seven in a PNG of %s", async (kind) => {
    const name = `seven-${kind}.png`;
    const { value, warnings } = await classify(bytes(taskFile(name)));
    expect(warnings).toEqual([]);
    expect(value).toHaveLength(5);
    expect(value[0]?.label).toBe("7");
    expect(value[0]?.score).toBeGreaterThan(0.999);
    expectClose(await logitsOf(bytes(taskFile(name))), expected[name]?.logits ?? [], 0.01);
  });

  test("a seven that lies on its side, with the orientation in EXIF", async () => {
    const { value } = await classify(bytes(taskFile("seven-turned.jpg")));
    expect(value[0]?.label).toBe("7");
    // JPEG decoders differ by a level or two of 255.
    const wanted = expected["seven-turned.jpg"]?.logits ?? [];
    expectClose(await logitsOf(bytes(taskFile("seven-turned.jpg"))), wanted, 100);
  });

  test("the picture that the example names is a seven", async () => {
    const example = await mnist.opened.sibling("seven.png");
    const file = await example?.read(0, example.size);
    expect((await classify(bytes(file ?? new Uint8Array()))).value[0]?.label).toBe("7");
  });

  test("the example that the task draws is a three, light on dark, and taken without a warning", async () => {
    const drawn = await imageClassification.example(mnist.opened.contract);
    const { value, warnings } = await classify(bytes(drawn?.bytes ?? new Uint8Array()));
    expect([value[0]?.label, warnings]).toEqual(["3", []]);
  });

  test("pixels as JSON, in base64, as a data URL, as the model's own tensor: one answer", async () => {
    const file = taskFile("seven-grey.png");
    const wanted = expected["seven-grey.png"]?.logits ?? [];
    const pixels = await import("sharp").then(({ default: sharp }) =>
      sharp(file).greyscale().raw().toBuffer(),
    );
    const rows = Array.from({ length: 28 }, (_, y) => [...pixels.subarray(28 * y, 28 * y + 28)]);
    const base64 = file.toString("base64");
    const inputs: TaskInput[] = [
      json(rows),
      json({ image: rows }),
      json({ inputs: { image: rows.map((row) => row.map((pixel) => [pixel])) } }),
      json([[rows]]),
      json(base64),
      { kind: "text", text: base64.replace(/=+$/, "") },
      json(`data:image/png;base64,${base64}`),
      {
        kind: "tensors",
        tensors: { Input3: { dtype: "float32", shape: [1, 1, 28, 28], data: Float32Array.from(pixels) } },
      },
    ];
    for (const input of inputs) {
      expectClose(await logitsOf(input), wanted, 0.01, describeInput(input));
    }
  });

  test.each([1, 3, 10, 99])("top %i", async (top) => {
    for (const option of ["top", "top_k"]) {
      const { value } = await classify(bytes(taskFile("seven-grey.png")), { [option]: top });
      expect(value).toHaveLength(Math.min(top, 10));
      expect(value.map(({ score }) => score)).toEqual(value.map(({ score }) => score).sort((a, b) => b - a));
    }
  });

  test("softmax, sigmoid or none, whatever the contract says", async () => {
    const logits = expected["seven-grey.png"]?.logits ?? [];
    const { value } = await classify(bytes(taskFile("seven-grey.png")), {
      function_to_apply: "sigmoid",
      top: 10,
    });
    for (const { label, score } of value) {
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-(logits[Number(label)] as number))), 5);
    }
  });

  test("what is unlike a digit gets a warning, and an answer", async () => {
    const warned = async (name: string, options = {}) =>
      (await classify(bytes(taskFile(name)), options)).warnings.join("\n");
    expect(await warned("even.png")).toMatch(/one even colour/);
    expect(await warned("seven-dark.png")).toMatch(/dark strokes on a light ground.*invert/);
    expect(await warned("seven-wide.png")).toMatch(/112×28.*28×28.*distorted/);
    expect(await warned("tiny.png")).toMatch(/only 6×6.*enlarged to 28×28/);
    expect(await warned("seven-dark.png", { invert: true })).toBe("");
  });

  /** Digits in many hands: light on dark, none of which may be warned of. */
  const HANDS: readonly [string, string, string, string?][] = [
    ["a thin pen", "#fff", "#000", "1"],
    ["a pen", "#fff", "#000", "2.4"],
    ["a marker", "#fff", "#000", "5"],
    ["chalk on slate", "#d8d8d0", "#2a302c", "2.6"],
    ["yellow on dark blue", "#ffdc00", "#000028", "2.4"],
    ["red on black", "#f00", "#000", "2.4"],
  ];
  const seven = (ink: string, ground: string, width: string) => `<svg xmlns="http://www.w3.org/2000/svg"
    width="280" height="280" viewBox="0 0 28 28"><rect width="28" height="28" fill="${ground}"/>
    <path d="M 8 6 H 20 L 13 23" fill="none" stroke="${ink}" stroke-width="${width}" stroke-linecap="round"/></svg>`;

  test.each(HANDS)(
    "a seven drawn with %s is taken without a warning, as PNG and as a poor JPEG",
    async (_, ink, ground, width = "") => {
      const drawing = sharp(Buffer.from(seven(ink, ground, width)));
      for (const file of [drawing.png(), drawing.jpeg({ quality: 25 }), drawing.blur(4).png()]) {
        const { value, warnings } = await classify(bytes(await file.toBuffer()));
        expect([value[0]?.label, warnings]).toEqual(["7", []]);
      }
    },
  );

  test("the same on paper, as a camera sees it, is told to be inverted, and then taken", async () => {
    const light = await sharp(Buffer.from(seven("#383838", "#d8d4cc", "2.4")))
      .composite([{ input: Buffer.from(SHADOW), blend: "multiply" }])
      .jpeg()
      .toBuffer();
    expect((await classify(bytes(light))).warnings.join()).toMatch(/light ground.*invert/);
    const { value, warnings } = await classify(bytes(light), { invert: true });
    expect([value[0]?.label, warnings]).toEqual(["7", []]);
  });

  test.for(["cats_and_dogs.jpg", "burger.jpg", "segmentation_input_rotation0.jpg"])(
    "a photo gets a warning: %s",
    async (name, context) => {
      const path = join(SHARED, "models/tflite", name);
      if (!existsSync(path)) return context.skip(`no ${path} (set MODELYARD_SHARED)`);
      const photo = sharp(readFileSync(path));
      for (const file of [photo, photo.clone().greyscale(), photo.clone().resize(28, 28)]) {
        const { warnings } = await classify(bytes(await file.png().toBuffer()));
        expect(warnings.join()).toMatch(/as a photo has|in many colours/);
      }
    },
  );

  test("gradients and noise of any size get a warning", async () => {
    const next = random(28);
    for (const [width, height] of [
      [28, 28],
      [300, 200],
      [640, 480],
    ] as const) {
      const of = (channels: 1 | 3, value: (x: number, y: number, c: number) => number) => {
        const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
          const pixel = Math.floor(i / channels);
          return value((pixel % width) / width, Math.floor(pixel / width) / height, i % channels);
        });
        return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
      };
      const pictures = {
        grey: await of(1, (x) => 255 * x),
        colour: await of(3, (x, y, c) => 255 * ([x, y, 1 - x][c] as number)),
        round: await of(1, (x, y) => Math.max(0, 255 * (1 - 1.6 * Math.hypot(x - 0.5, y - 0.5)))),
        noise: await of(3, () => 256 * next()),
        snow: await of(1, () => (next() < 0.5 ? 0 : 255)),
      };
      for (const [name, file] of Object.entries(pictures)) {
        const { warnings } = await classify(bytes(file));
        expect(warnings, `${name} of ${width}×${height}`).not.toEqual([]);
      }
    }
  });

  test("one ink on a ground of middle grey is said to be unlike; many inks too", async () => {
    const warned = async (svg: string) =>
      (await classify(bytes(await sharp(Buffer.from(svg)).png().toBuffer()))).warnings.join();
    expect(await warned(seven("#fff", "#808080", "2.4"))).toMatch(/ground of middle grey/);
    const dots = ["#f00", "#0f0", "#00f", "#ff0", "#f0f", "#0ff"].map(
      (colour, i) =>
        `<circle cx="${6 + 8 * (i % 3)}" cy="${9 + 10 * Math.floor(i / 3)}" r="3" fill="${colour}"/>`,
    );
    expect(await warned(seven("none", "#000", "0").replace("</svg>", `${dots.join("")}</svg>`))).toMatch(
      /many colours|as a photo has/,
    );
    expect(await warned(seven("#202020", "#000", "2.4"))).toMatch(/hardly to be seen at 28×28/);
  });

  test("the negative is read where the option says so", async () => {
    const inverted = await logitsOf(bytes(taskFile("seven-dark.png")), { invert: true });
    expectClose(inverted, expected["seven-grey.png"]?.logits ?? [], 0.01);
    expectClose(
      await logitsOf(bytes(taskFile("seven-dark.png"))),
      expected["seven-dark.png"]?.logits ?? [],
      0.01,
    );
  });

  test("what is no picture is refused by its code", async () => {
    const cases: [TaskInput, string, string][] = [
      [{ kind: "text", text: "a seven, please!" }, "TASK_BASE64", "base64"],
      [json(""), "TASK_BASE64", "base64"],
      [json({ digit: 7 }), "TASK_INPUT_KIND", "digit"],
      [json(7), "TASK_INPUT_KIND", "given 7"],
      [json(null), "TASK_INPUT_KIND", "null"],
      [{ kind: "tensors", tensors: {} }, "TASK_INPUT_KIND", "tensors"],
      [json([[1, 2], [3]]), "TASK_TENSOR_RAGGED", "differ in length"],
      [json([[1, 256]]), "MEDIA_PICTURE_NUMBERS", "256"],
      [json([[1, "white"]]), "TASK_TENSOR_VALUE", "white"],
      [json([1, 2, 3]), "MEDIA_PICTURE_NUMBERS", "1 dimension"],
      [json([[[1, 2]]]), "MEDIA_PICTURE_NUMBERS", "[1, 1, 2]"],
      [bytes(Buffer.from("<html></html>")), "MEDIA_PICTURE_UNKNOWN", ""],
    ];
    for (const [input, code, part] of cases) {
      await expect(classify(input), describeInput(input)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(part),
      });
    }
  });

  test.each([
    ["top", 0, "whole number"],
    ["top_k", 2.5, "whole number"],
    ["top", "three", "whole number"],
    ["invert", "yes", "true or false"],
    ["function_to_apply", "relu", "softmax, sigmoid or none"],
  ])("the option %s: %o", async (option, value, wanted) => {
    await expect(classify(bytes(taskFile("seven-grey.png")), { [option]: value })).rejects.toMatchObject({
      code: "TASK_OPTION",
      hint: expect.stringContaining(wanted),
    });
  });
});

const image: ImageInput = {
  kind: "image",
  tensor: "x",
  size: [2, 2],
  layout: "NCHW",
  color: "GRAY",
  resize: "stretch",
  normalize: { scale: 1, mean: [0], std: [1] },
};
const signature = { inputs: [{ name: "x", dtype: "float32" as const, shape: [1, 1, 2, 2] }], outputs: [] };
const square = json([
  [0, 1],
  [2, 255],
]);

function classes(values: number[], activation: "none" | "softmax" = "none", shape = [1, values.length]) {
  return {
    session: sessionOf(signature, () => ({
      y: { dtype: "float32", shape, data: Float32Array.from(values) },
    })),
    contract: {
      inputs: { image },
      outputs: { classes: { kind: "scores" as const, tensor: "y", activation, labels: null } },
    },
  };
}

describe("a model of four pixels", () => {
  test("labels name the classes, and a list of another length is not used, with a warning", async () => {
    const { session, contract } = classes([0.25, 0.5, 0.125]);
    const labels = { classes: ["cat", "dog", "emu"] };
    const named = await ask<ClassScore[]>(imageClassification, session, contract, square, { labels });
    expect(named.value).toEqual([
      { label: "dog", score: 0.5 },
      { label: "cat", score: 0.25 },
      { label: "emu", score: 0.125 },
    ]);
    const short = await ask<ClassScore[]>(imageClassification, session, contract, square, {
      labels: { classes: ["cat", "dog"] },
    });
    expect(short.value.map(({ label }) => label)).toEqual(["1", "0", "2"]);
    expect(short.warnings).toEqual([expect.stringContaining("3 scores for 2 labels")]);
    expect(session.fed[0]?.x).toEqual({
      dtype: "float32",
      shape: [1, 1, 2, 2],
      data: Float32Array.of(0, 1, 2, 255),
    });
  });

  test("equal scores by index, not-a-number last", async () => {
    const { session, contract } = classes([Number.NaN, 1, 2, 1, Number.NEGATIVE_INFINITY]);
    const { value } = await ask<ClassScore[]>(imageClassification, session, contract, square, {
      options: { top: 5 },
    });
    expect(value.map(({ label }) => label)).toEqual(["2", "1", "3", "0", "4"]);
  });

  test("large scores do not overflow in softmax", async () => {
    const { session, contract } = classes([1000, 1000, -1000], "softmax", [1, 3, 1, 1]);
    const { value } = await ask<ClassScore[]>(imageClassification, session, contract, square);
    expect(value.map(({ score }) => score)).toEqual([0.5, 0.5, 0]);
  });

  test("scores are written with the digits that float32 holds", async () => {
    const { session, contract } = classes([0.1, 1 / 3, 0.7]);
    const { value } = await ask<ClassScore[]>(imageClassification, session, contract, square);
    // numpy.float32 prints them so.
    expect(JSON.stringify(value.map(({ score }) => score))).toBe("[0.7,0.33333334,0.1]");
  });

  test.each([
    ["of several rows", { y: { dtype: "float32", shape: [2, 2], data: new Float32Array(4) } }, "[2, 2]"],
    ["of none", { y: { dtype: "float32", shape: [0, 2], data: new Float32Array(0) } }, "[0, 2]"],
    ["of words", { y: { dtype: "string", shape: [1], data: ["seven"] } }, "string"],
    ["that is missing", {}, "not among"],
  ] as const)("an output %s", async (_, outputs, found) => {
    const { contract } = classes([1]);
    const session = sessionOf(signature, () => outputs as never);
    await expect(ask(imageClassification, session, contract, square)).rejects.toMatchObject({
      code: "TASK_OUTPUT",
      message: expect.stringContaining(found),
    });
  });
});

function expectClose(actual: readonly number[], wanted: readonly number[], within: number, what = ""): void {
  expect(actual, what).toHaveLength(wanted.length);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - (wanted[i] as number))));
  expect(worst, what).toBeLessThan(within);
}
