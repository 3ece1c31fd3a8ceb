import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, type TestContext, test } from "vitest";
import type { ImageInput, SequenceOutput } from "../../src/model/contract/contract.ts";
import type { LoadedModel } from "../../src/run/pipeline/index.ts";
import type { RecognisedText } from "../../src/run/tasks/text-recognition/decode.ts";
import { textRecognition } from "../../src/run/tasks/text-recognition/index.ts";
import { packageFile } from "../models.ts";
import { READ_LATIN, UMLAUTS_PNG, WORD_PNG } from "../packages.ts";
import { MODELS, NO_MODELS } from "../serve/catalogue.ts";
import { answerOf, ask, bytes, json, loadModel, ROOT, sessionOf, taskFile } from "./task.ts";

describe("PP-OCR, the Latin recogniser", () => {
  let reader: LoadedModel | null = null;
  afterAll(() => reader?.close());

  async function read(context: TestContext, file: Uint8Array, options = {}) {
    reader ??= await loadModel(await packageFile(context, ...READ_LATIN));
    return answerOf<RecognisedText>(reader.predict(bytes(file), undefined, options));
  }

  test.for([
    ["Cool", WORD_PNG],
    ["Mörkö", UMLAUTS_PNG],
  ] as const)("reads %s", async ([text, picture], context) => {
    const file = await readFile(await packageFile(context, ...picture));
    const { value, warnings } = await read(context, file);
    expect(value.text).toBe(text);
    expect(value.score).toBeGreaterThan(0.9);
    expect(warnings).toEqual([]);
    // Light on dark, turned back by the option.
    const negative = await sharp(file).flatten({ background: "#fff" }).negate().png().toBuffer();
    expect((await read(context, negative, { invert: true })).value.text).toBe(text);
  });

  test("reads its own example, and the word that the task draws", async (context) => {
    const line = await readFile(join(ROOT, "examples/models/read-text/line.png"));
    expect((await read(context, line)).value.text).toBe("Grüner Tee aus Malmö");
    const { contract } = (reader as LoadedModel).opened;
    const drawn = await textRecognition.example(contract);
    expect((await read(context, drawn?.bytes ?? line)).value.text).toBe("Hello");
  });

  test("an empty line has no text and no score; a column gets a warning", async (context) => {
    const white = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: "#fff" } })
        .png()
        .toBuffer();
    expect((await read(context, await white(300, 40))).value).toEqual({ text: "", score: 0 });
    expect((await read(context, await white(40, 300))).warnings).toEqual([
      expect.stringMatching(/40×300.*turn it/),
    ]);
    expect((await read(context, await white(300, 40))).warnings).toEqual([
      expect.stringMatching(/Nothing was read/),
    ]);
    expect(textRecognition.print({ text: "", score: 0 })).toBe("(no text)");
  });

  test("photos and gradients get a warning, lines of text do not", async (context) => {
    const line = await readFile(join(ROOT, "examples/models/read-text/line.png"));
    expect((await read(context, line)).warnings).toEqual([]);
    for (const name of ["cats_and_dogs.jpg", "burger.jpg", "segmentation_input_rotation0.jpg"]) {
      const path = join(MODELS, "tflite", name);
      if (!existsSync(path)) return context.skip(NO_MODELS);
      const { value, warnings } = await read(context, await readFile(path));
      expect(warnings.join(), `${name}: ${value.text}`).toMatch(/Nothing was read|only 0\.|So little/);
    }
    const sky = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><defs><linearGradient id="g">
<stop offset="0" stop-color="#fff"/><stop offset="1" stop-color="#07c"/></linearGradient></defs>
<rect width="640" height="480" fill="url(#g)"/></svg>`;
    expect((await read(context, await sharp(Buffer.from(sky)).png().toBuffer())).warnings).toHaveLength(1);
  });
});

interface Case {
  blank: number;
  shape: [number, number];
  characters: string[];
  logits: number[];
  text: string;
  score: number;
}
/** Random scores and what itertools.groupby makes of them: ctc.py. */
const cases = JSON.parse(taskFile("ctc.json").toString()) as Case[];

const image: ImageInput = {
  kind: "image",
  tensor: "x",
  size: [2, null],
  layout: "NCHW",
  color: "GRAY",
  resize: "width-free",
  normalize: { scale: 1, mean: [0], std: [1] },
};
const signature = { inputs: [{ name: "x", dtype: "float32" as const, shape: [1, 1, 2, null] }], outputs: [] };
const picture = json([
  [0, 50, 100],
  [150, 200, 250],
]);

function recognise(
  shape: number[],
  values: number[],
  output: Partial<SequenceOutput>,
  characters: readonly string[] | null,
) {
  const session = sessionOf(signature, () => ({
    y: { dtype: "float32", shape, data: Float32Array.from(values) },
  }));
  const text: SequenceOutput = {
    kind: "ctc",
    tensor: "y",
    activation: "none",
    blank: 0,
    dictionary: null,
    ...output,
  };
  const contract = { inputs: { image }, outputs: { text } };
  const answer = ask<RecognisedText>(textRecognition, session, contract, picture, {
    labels: { text: characters },
  });
  return { answer, session };
}

describe("CTC", () => {
  test.each(cases.map((each, i) => [i, each] as const))("case %i, scores before softmax", async (_, each) => {
    const { blank, shape, characters, logits, text, score } = each;
    const [steps, classes] = shape;
    for (const layout of [
      [1, steps, classes],
      [steps, 1, classes],
      [steps, classes],
    ]) {
      const { answer } = recognise(layout, logits, { blank, activation: "softmax" }, characters);
      const { value } = await answer;
      expect(value.text).toBe(text);
      expect(value.score).toBeCloseTo(score, 5);
    }
  });

  test.each(cases.map((each, i) => [i, each] as const))("case %i, as probabilities", async (_, each) => {
    const { blank, shape, characters, logits, text, score } = each;
    const [steps, classes] = shape;
    const probabilities = Array.from({ length: steps }, (_, step) => {
      const exps = logits.slice(step * classes, (step + 1) * classes).map(Math.exp);
      const sum = exps.reduce((a, b) => a + b, 0);
      return exps.map((value) => value / sum);
    }).flat();
    const { value } = await recognise([1, steps, classes], probabilities, { blank }, characters).answer;
    expect(value).toEqual({ text, score: expect.closeTo(score, 5) });
  });

  test("a dictionary that is one short lacks the space; without one the classes are numbered", async () => {
    const steps = [0.1, 0.9, 0, 0, 0, 0, 0.1, 0.9, 0.2, 0, 0.8, 0];
    expect((await recognise([1, 3, 4], steps, {}, ["a", "b"]).answer).value.text).toBe("a b");
    expect((await recognise([1, 3, 4], steps, {}, null).answer).value.text).toBe("[1][3][2]");
    expect((await recognise([1, 3, 4], steps, { blank: 3 }, null).answer).value.text).toBe("[1][2]");
  });

  test.each([
    ["a dictionary that is two short", [1, 1, 4], ["a"], 0, "1 characters"],
    ["a dictionary that is too long", [1, 1, 4], ["a", "b", "c", "d"], 0, "4 characters"],
    ["a blank beyond the classes", [1, 1, 4], ["a", "b", "c"], 4, "class 4"],
    ["several lines", [2, 2, 1], null, 0, "[2, 2, 1]"],
    ["one dimension", [4], null, 0, "[4]"],
  ])("%s", async (_, shape, characters, blank, named) => {
    const { answer } = recognise(shape, [1, 0, 0, 0], { blank }, characters);
    await expect(answer).rejects.toMatchObject({
      code: "TASK_OUTPUT",
      message: expect.stringContaining(named),
    });
  });

  test("a line keeps its proportions, and a short one is filled up to 320 columns with nothing", async () => {
    const { answer, session } = recognise([1, 1, 3], [1, 0, 0], {}, null);
    await answer;
    const x = session.fed[0]?.x;
    expect(x?.shape).toEqual([1, 1, 2, 320]);
    const data = x?.data as Float32Array;
    expect([...data.subarray(0, 5), ...data.subarray(320, 325)]).toEqual([
      0, 50, 100, 0, 0, 150, 200, 250, 0, 0,
    ]);
  });
});
