import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Literal, parseLiteral } from "../../src/model/contract/declared/python-literal.ts";
import { infer } from "./models.ts";

const IMAGENET = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

describe("Ultralytics' metadata", () => {
  test("a classifier: names, size, range, and that a softmax is done", async () => {
    const { contract, evidence } = await infer("ultralytics-classify");
    expect(contract.inputs).toEqual({
      image: {
        kind: "image",
        tensor: "x",
        size: [64, 32],
        layout: "NCHW",
        color: "RGB",
        resize: "crop",
        cropFraction: 1,
        normalize: { scale: 1 / 255, mean: [0], std: [1] },
      },
    });
    expect(contract.outputs).toEqual({
      classes: { kind: "scores", tensor: "y", activation: "none", labels: ["cat", "dog's", 'émeu "😀"\n'] },
    });
    expect(contract.task).toBe("image-classification");
    expect(evidence("outputs.classes.labels")).toMatchObject({
      source: "metadata_props: names",
      confidence: "declared",
    });
    expect(evidence("inputs.image.size")).toMatchObject({
      source: "metadata_props: imgsz",
      confidence: "declared",
    });
    expect(evidence("task").reason).toContain("classify");
  });

  test("a detector: the task is named, though nothing here does it, and pictures are fitted whole", async () => {
    const { contract } = await infer("ultralytics-detect");
    expect(contract.task).toBe("object-detection");
    expect(contract.inputs.image).toMatchObject({ size: [64, 32], resize: "letterbox" });
    expect(contract.outputs.output0).toEqual({ kind: "tensor", tensor: "output0" });
  });

  test("names with a gap are no labels", async () => {
    expect((await infer("ultralytics-gap")).contract.outputs.classes).toMatchObject({ labels: null });
  });
});

describe("a Python literal", () => {
  const cases = JSON.parse(
    readFileSync(join(import.meta.dirname, "../fixtures/contract/literals.json"), "utf8"),
  ) as [string, unknown][];

  test.each(cases)("%s", (text, value) => {
    expect(plain(parseLiteral(text)?.value as Literal)).toEqual(value);
  });

  test.each([
    "",
    "'",
    '"a',
    "[1",
    "{1: 2",
    "{1}",
    "{1 2}",
    "os.system('ls')",
    "__import__('os')",
    "1 2",
    "[1 2]",
  ])("%j is none", (text) => expect(parseLiteral(text)).toBe(null));
  test.each(["'\\U00110000'", "'\\xzz'", "1e999", "nan", "lambda: 0", "[".repeat(10_000)])(
    "%j is none",
    (text) => expect(parseLiteral(text)).toBe(null),
  );
  test("what is long is read in its length, not in its square", () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `${i}: 'class ${i}'`).join(", ");
    expect(parseLiteral(`{${names}}`)?.value).toHaveProperty("size", 20_000);
  });
});

describe("Windows ML's image keys", () => {
  test("Bgr8 from -1 to 1", async () => {
    const { contract, evidence } = await infer("winml-bgr");
    expect(contract.inputs.image).toMatchObject({
      color: "BGR",
      normalize: { scale: 1 / 255, mean: [0.5], std: [0.5] },
    });
    expect(evidence("inputs.image.color").source).toBe("metadata_props: Image.BitmapPixelFormat");
    expect(evidence("inputs.image.normalize").confidence).toBe("declared");
  });

  test("studio range: black becomes 16, white 235", async () => {
    const { contract } = await infer("winml-studio");
    const image = contract.inputs.image;
    if (image?.kind !== "image") throw new Error("no picture");
    const { scale, mean, std } = image.normalize;
    const at = (pixel: number) => (pixel * scale - (mean[0] ?? 0)) / (std[0] ?? 1);
    expect([at(0), at(255)]).toEqual([16, expect.closeTo(235, 9)]);
  });

  test("a format that the channels contradict is told and not followed", async () => {
    const { contract, evidence } = await infer("winml-misfit");
    expect(contract.inputs.image).toMatchObject({
      color: "RGB",
      normalize: { scale: 1, mean: [0], std: [1] },
    });
    expect(evidence("inputs.image.color")).toMatchObject({
      confidence: "low",
      reason: expect.stringContaining("does not fit 3 channels"),
    });
  });
});

describe("PP-OCR's characters", () => {
  test("one short: the class that is left over is the space", async () => {
    const { contract, evidence } = await infer("paddle");
    expect(contract.outputs.text).toEqual({
      kind: "ctc",
      tensor: "y",
      activation: "none",
      blank: 0,
      dictionary: ["ä", "b", "東", " "],
    });
    expect(evidence("outputs.text.dictionary").reason).toMatch(/3 characters.*space/);
    expect(contract.inputs.image).toMatchObject({ size: [48, null], resize: "width-free", color: "BGR" });
    expect(contract.task).toBe("text-recognition");
  });

  test("the space may be among them", async () => {
    const { contract } = await infer("paddle-space");
    expect(contract.outputs.text).toMatchObject({ dictionary: ["a", "b", "c", " "] });
  });

  test("without them the classes are not named, and softmax is still to be done", async () => {
    const { contract, sentence } = await infer("paddle-unnamed");
    expect(contract.outputs.text).toMatchObject({ dictionary: null, activation: "softmax" });
    expect(sentence).toMatch(/the characters not named/);
  });
});

describe("steps that come before the batch, as CRNNs have them", () => {
  test.each(["crnn", "crnn-fixed", "crnn-batch"])("%s reads text", async (name) => {
    const { contract, sentence } = await infer(name);
    expect(contract.outputs.text).toMatchObject({ kind: "ctc", blank: 0, dictionary: null });
    expect(contract.task).toBe("text-recognition");
    expect(contract.inputs.image).toMatchObject({
      color: "GRAY",
      resize: name === "crnn-fixed" ? "stretch" : "width-free",
      normalize: { scale: 1 / 255, mean: [0.5], std: [0.5] },
    });
    expect(sentence).toMatch(/5 scores for each step along the line/);
  });

  test("a picture that is as high as wide has no line", async () => {
    const { contract } = await infer("square-steps");
    expect(contract.outputs).toMatchObject({ y: { kind: "tensor" } });
    expect(contract.task).toBeNull();
  });
});

describe("denotations", () => {
  test("IMAGE, with the place of its channels", async () => {
    const last = await infer("denoted-image");
    expect(last.contract.inputs.image).toMatchObject({ kind: "image", layout: "NHWC", size: [4, 4] });
    expect(last.evidence("inputs.image")).toMatchObject({ source: "denotation", confidence: "declared" });
    const planes = await infer("denoted-planes");
    expect(planes.contract.inputs.image).toMatchObject({ layout: "NCHW", size: [4, 3] });
    expect(planes.contract.task).toBe("image-classification");
  });

  test("AUDIO and TEXT", async () => {
    const sound = await infer("denoted-audio");
    expect(sound.contract.inputs.audio).toMatchObject({ kind: "audio", tensor: "x", frame: 400 });
    expect(sound.evidence("inputs.audio").confidence).toBe("declared");
    const text = await infer("denoted-text");
    expect(text.contract.inputs.text).toMatchObject({ kind: "text", tensors: { ids: "words" } });
    expect(text.evidence("inputs.text").confidence).toBe("declared");
  });
});

describe("the files of Hugging Face beside a model", () => {
  const vit = {
    architectures: ["ViTForImageClassification"],
    id2label: { "0": "cat", "1": "dog", "2": "emu" },
    image_size: 224,
  };
  const preprocessor = {
    do_resize: true,
    size: { shortest_edge: 256 },
    do_center_crop: true,
    crop_size: { height: 224, width: 224 },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: IMAGENET.mean,
    image_std: IMAGENET.std,
  };

  test("config.json names the labels, preprocessor_config.json the pixels", async () => {
    const { contract, evidence } = await infer("open", {
      "config.json": vit,
      "preprocessor_config.json": preprocessor,
    });
    expect(contract.inputs.image).toMatchObject({
      size: [224, 224],
      color: "RGB",
      resize: "crop",
      cropFraction: 0.875,
      normalize: IMAGENET,
    });
    expect(contract.outputs.classes).toMatchObject({ labels: ["cat", "dog", "emu"], activation: "softmax" });
    expect(evidence("task")).toMatchObject({ source: "config.json", confidence: "declared" });
    expect(evidence("inputs.image.normalize").source).toBe("preprocessor_config.json");
    expect(evidence("outputs.classes").confidence).toBe("high");
  });

  test("the graph's own size stands over a declared one; labels that do not fit are told", async () => {
    const { contract, evidence } = await infer("plain", {
      "config.json": { ...vit, id2label: { 0: "a", 1: "b" } },
    });
    expect(contract.inputs.image).toMatchObject({ size: [32, 48] });
    expect(contract.outputs.classes).toMatchObject({ labels: null });
    expect(evidence("outputs.classes.labels")).toMatchObject({
      confidence: "low",
      reason: expect.stringContaining("2 labels"),
    });
  });

  test("neither crop nor rescale; flipped channels; several labels at once", async () => {
    const { contract } = await infer("open", {
      "config.json": { problem_type: "multi_label_classification", image_size: [64, 80] },
      "preprocessor_config.json": {
        do_rescale: false,
        image_mean: [127.5],
        image_std: [127.5],
        do_flip_channel_order: true,
        size: 96,
      },
    });
    expect(contract.inputs.image).toMatchObject({
      color: "BGR",
      resize: "stretch",
      normalize: { scale: 1, mean: [127.5], std: [127.5] },
    });
    expect(contract.outputs.classes).toMatchObject({ activation: "sigmoid" });
  });

  test("timm's config.json", async () => {
    const { contract } = await infer("open", {
      "config.json": {
        label_names: ["a", "b", "c"],
        pretrained_cfg: {
          input_size: [3, 288, 256],
          crop_pct: 0.95,
          mean: [0.5, 0.5, 0.5],
          std: [0.5, 0.5, 0.5],
        },
      },
    });
    expect(contract.inputs.image).toMatchObject({
      size: [288, 256],
      resize: "crop",
      cropFraction: 0.95,
      normalize: { scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    });
    expect(contract.outputs.classes).toMatchObject({ labels: ["a", "b", "c"] });
    const squash = await infer("open", {
      "config.json": { crop_mode: "squash", mean: [0.5], std: [0.5], input_size: [3, 64, 64] },
    });
    expect(squash.contract.inputs.image).toMatchObject({ resize: "stretch", size: [64, 64] });
  });

  test("labels.txt", async () => {
    const { contract, evidence } = await infer("open", { "labels.txt": "cat\ndog\nemu\n" });
    expect(contract.outputs.classes).toMatchObject({ labels: "labels.txt" });
    expect(evidence("outputs.classes.labels").source).toBe("labels.txt");
    // What the model's own file says counts more.
    const own = await infer("ultralytics-classify", { "labels.txt": "x\ny\nz\n" });
    expect(own.contract.outputs.classes).toMatchObject({ labels: ["cat", "dog's", 'émeu "😀"\n'] });
  });

  test("a tokenizer", async () => {
    const { contract, sentence } = await infer("bert", {
      "tokenizer.json": "{}",
      "tokenizer_config.json": { model_max_length: 512 },
    });
    expect(contract.inputs.text).toEqual({
      kind: "text",
      tensors: { ids: "input_ids", mask: "attention_mask", types: "token_type_ids" },
      tokenizer: "tokenizer.json",
      maxLength: 512,
    });
    expect(sentence).toBe(
      "text, as token numbers of tokenizer.json; returns 2 scores, one a class, not yet a softmax",
    );
    const endless = await infer("bert", {
      "tokenizer.json": "{}",
      "tokenizer_config.json": { model_max_length: 1e30 },
    });
    expect(endless.contract.inputs.text).toMatchObject({ maxLength: null });
  });

  test("a sample rate", async () => {
    const { contract } = await infer("memory", { "preprocessor_config.json": { sampling_rate: 24_000 } });
    expect(contract.inputs.audio).toMatchObject({ sampleRate: 24_000 });
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    [
      "nonsense",
      { id2label: 5, image_size: -1, image_mean: ["a"], size: { height: 0 }, pretrained_cfg: null },
    ],
    ["a deviation of zero", { image_mean: [0, 0, 0], image_std: [0, 0, 0] }],
    ["labels with a gap", { id2label: { 0: "a", 2: "c", 3: "d" } }],
    ["numbers as labels", { id2label: { 0: 1, 1: 2, 2: 3 }, label_names: [1, 2, 3] }],
  ])("%s declares nothing", async (_, content) => {
    const plain = await infer("open");
    const beside = {
      "config.json": content,
      "preprocessor_config.json": content,
      "tokenizer_config.json": content,
    };
    const { contract } = await infer("open", beside);
    expect(contract.inputs).toEqual(plain.contract.inputs);
    expect(contract.outputs).toEqual(plain.contract.outputs);
  });
});

function plain(value: Literal): unknown {
  if (value instanceof Map) return { dict: [...value].map(([key, each]) => [key, plain(each)]) };
  return Array.isArray(value) ? value.map(plain) : value;
}
