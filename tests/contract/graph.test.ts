import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Contract, Evidence } from "../../src/model/contract/index.ts";
import { explain, describe as say, withModelFile } from "../../src/model/contract/index.ts";
import { loadModel, ROOT } from "../tasks/task.ts";
import { FIXTURES, infer } from "./models.ts";

const RAW = { scale: 1, mean: [0], std: [1] };
const UNIT = { scale: 1 / 255, mean: [0], std: [1] };

describe("a picture, as the graph shows it", () => {
  test.each([
    ["plain", { size: [32, 48], layout: "NCHW", color: "RGB", resize: "crop" }],
    ["open", { size: [null, null], layout: "NCHW", color: "RGB", resize: "stretch" }],
    [
      "grey",
      { size: [20, 20], layout: "NCHW", color: "GRAY", resize: "stretch", normalize: RAW, ground: "dark" },
    ],
    ["bytes-last", { size: [24, 24], layout: "NHWC", color: "RGB", normalize: RAW }],
    ["bytes-inside", { normalize: RAW }],
    ["factor-inside", { normalize: RAW }],
    ["imagenet-inside", { normalize: RAW, color: "RGB" }],
    ["caffe-inside", { normalize: RAW, color: "BGR" }],
    ["unit-inside", { normalize: UNIT }],
    ["stretch-inside", { normalize: UNIT }],
  ])("%s", async (name, image) => {
    const { contract } = await infer(name);
    expect(contract.inputs.image).toMatchObject({ kind: "image", tensor: "x", ...image });
  });

  test("what the graph does itself is told with its numbers", async () => {
    const { evidence } = await infer("imagenet-inside");
    expect(evidence("inputs.image.normalize")).toEqual({
      field: "inputs.image.normalize",
      source: "graph",
      confidence: "high",
      reason: "the graph itself begins with Sub 123.7, 116.3, 103.5, then Div 58.4, 57.12, 57.38",
    });
    expect((await infer("plain")).evidence("inputs.image.normalize").confidence).toBe("low");
  });
});

describe("scores", () => {
  test.each([
    ["plain", "softmax"],
    ["log-softmax", "softmax"],
    ["softmax", "none"],
    ["sigmoid", "none"],
  ])("%s: still to be done is %s", async (name, activation) => {
    const { contract, evidence } = await infer(name);
    expect(contract.outputs.classes).toEqual({ kind: "scores", tensor: "y", activation, labels: null });
    expect(evidence("outputs.classes.activation").confidence).toBe("high");
    expect(contract.task).toBe("image-classification");
  });

  test("a vector of length one is for comparing, and no classes", async () => {
    for (const name of ["length-one", "length-one-by-hand"]) {
      const { contract } = await infer(name);
      expect(contract.outputs).toEqual({ embedding: { kind: "embedding", tensor: "y" } });
      expect(contract.task).toBe(null);
    }
  });

  test("trees make rows of a table and their classes", async () => {
    const { contract, evidence } = await infer("table");
    expect(contract.inputs.table).toEqual({ kind: "table", tensor: "rows", columns: null });
    expect(evidence("inputs.table").reason).toContain("5 columns");
    expect(contract.outputs.classes).toMatchObject({ tensor: "scores", activation: "none", labels: null });
  });

  test("classes that a classifier of ONNX-ML names itself", async () => {
    const named = await infer("table-named");
    expect(named.contract.outputs.classes).toMatchObject({ labels: ["not ill", "größer"] });
    expect(named.evidence("outputs.classes.labels")).toMatchObject({
      source: "graph",
      confidence: "declared",
    });
    const numbered = await infer("table-numbered", { "labels.txt": "a\nb\n" });
    expect(numbered.contract.outputs.classes).toMatchObject({ labels: "labels.txt" });
    expect((await infer("table-numbered")).contract.outputs.classes).toMatchObject({ labels: ["-1", "5"] });
  });
});

describe("states", () => {
  test("one that keeps its size, in frames of the length that the model takes", async () => {
    const { contract } = await infer("memory");
    expect(contract.states).toEqual({ h: { input: "h", output: "hn", start: "zero" } });
    expect(contract.inputs.audio).toMatchObject({ frame: 160, context: 0, sampleRate: 16_000 });
    expect(contract.task).toBe("voice-activity-detection");
  });

  test("one that grows begins empty, and the model answers so", async () => {
    const name = "past_key_values.0.key";
    const { contract, evidence } = await infer("cache");
    expect(contract.states).toEqual({
      [name]: { input: name, output: "present.0.key", start: "zero", shape: [1, 0, 2] },
    });
    expect(evidence(`states.${name}`).reason).toContain("begins empty");
    const model = await loadModel(join(ROOT, "tests/fixtures/contract/cache.onnx"));
    try {
      const stream = model.stream();
      const feed = (id: bigint) =>
        stream.run({ input_ids: { dtype: "int64", shape: [1, 1], data: BigInt64Array.of(id) } });
      // Row i of the table is [2i, 2i + 1]; the logits are the sum of all rows so far.
      expect((await feed(1n)).logits?.data).toEqual(Float32Array.of(2, 3));
      expect((await feed(5n)).logits?.data).toEqual(Float32Array.of(12, 14));
    } finally {
      await model.close();
    }
  });
});

test("a sound by its name, but not what was made of one", async () => {
  expect((await infer("sound-named")).contract.inputs.audio).toMatchObject({
    kind: "audio",
    tensor: "audio_values",
  });
  expect((await infer("sound-features")).contract.inputs).toEqual({
    audio_embeds: { kind: "tensor", tensor: "audio_embeds" },
  });
});

test("names that JavaScript has a meaning for are names like others", async () => {
  const { sentence, contract, signature } = await infer("odd");
  expect(sentence).toBe("__proto__ (float32, 1); returns constructor (float32, 1)");
  expect(say(signature, withModelFile(contract, {}, signature)).sentence).toBe(sentence);
});

test("nothing is claimed where nothing is known", async () => {
  const { contract } = await infer("nothing-known");
  expect(contract).toEqual({
    task: null,
    inputs: { "a: 1/2": { kind: "tensor", tensor: "a: 1/2" } },
    outputs: { größer: { kind: "tensor", tensor: "größer" } },
    states: {},
    constants: {},
    evidence: [],
  });
});

test.each(FIXTURES)(
  "%s: each statement has its source, confidence and reason, and each guess is stated",
  async (name) => {
    const { contract } = await infer(name);
    for (const { field, source, confidence, reason } of contract.evidence) {
      expect([field, source, reason]).not.toContain("");
      expect(["declared", "high", "medium", "low"]).toContain(confidence);
      expect(
        source === "graph" || confidence === "declared" || /^(metadata_props|.*\.json)/.test(source),
        field,
      ).toBe(true);
    }
    expect(new Set(contract.evidence.map(({ field }) => field)).size).toBe(contract.evidence.length);
    expect(unstated(contract)).toEqual([]);
    expect(explain(contract).map(({ text }) => text)).toEqual(
      contract.evidence.map(({ field }) =>
        expect.stringMatching(new RegExp(`^${literally(field)}(: [^\\n]+)?$`)),
      ),
    );
  },
);

/** Fields that the graph cannot settle alone, of which nobody said where they came from. */
function unstated({ inputs, outputs, evidence }: Contract): string[] {
  const said = (field: string) => evidence.some((each: Evidence) => each.field === field);
  const wanted: string[] = [];
  for (const [name, input] of Object.entries(inputs)) {
    if (input.kind !== "tensor") wanted.push(`inputs.${name}`);
    if (input.kind !== "image") continue;
    wanted.push(`inputs.${name}.normalize`);
    if (input.color !== "GRAY") wanted.push(`inputs.${name}.color`);
    if (input.size.some((each) => each !== null)) wanted.push(`inputs.${name}.resize`);
  }
  for (const [name, output] of Object.entries(outputs)) {
    if (output.kind !== "tensor") wanted.push(`outputs.${name}`);
    if ("activation" in output) wanted.push(`outputs.${name}.activation`);
    if ("labels" in output && output.labels !== null) wanted.push(`outputs.${name}.labels`);
  }
  return wanted.filter((field) => !said(field));
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

describe("whole numbers, pixels and boxes", () => {
  test("bytes in and bytes out: what they stand for", async () => {
    const { contract } = await infer("signed");
    expect(contract.inputs.image).toMatchObject({ normalize: { scale: 1, mean: [128], std: [1] } });
    expect(contract.outputs.classes).toMatchObject({
      activation: "none",
      quantization: { scale: 1 / 256, zeroPoint: -128 },
    });
    expect(contract.task).toBe("image-classification");
    // With mean and deviation the picture is normalised first, then counted in the steps of the input: value / scale + zero point.
    const settings = { do_normalize: true, rescale_factor: 1, image_mean: [127.5], image_std: [127.5] };
    const declared = await infer("signed", { "preprocessor_config.json": settings });
    const { normalize } = declared.contract.inputs.image as { normalize: { mean: number[]; std: number[] } };
    const at = (pixel: number) => (pixel - (normalize.mean[0] ?? 0)) / (normalize.std[0] ?? 1);
    for (const pixel of [0, 100, 255]) expect(at(pixel)).toBeCloseTo(((pixel - 127.5) / 127.5) * 128 - 1, 9);
  });

  test.each([
    ["mask", { pixels: "foreground", layout: "NCHW", activation: "none" }],
    ["mask-classes", { pixels: "scores", layout: "NCHW", activation: "softmax" }],
    ["mask-last", { pixels: "scores", layout: "NHWC", activation: "none" }],
    ["mask-index", { pixels: "index", layout: "NHW", activation: "none" }],
  ])("%s: something for each pixel, of which nothing may be cut off", async (name, wanted) => {
    const { contract } = await infer(name);
    expect(contract.outputs.mask).toMatchObject(wanted);
    expect(contract.task).toBe("image-segmentation");
    expect(contract.inputs.image).toMatchObject({ resize: "stretch" });
    expect(contract.inputs.image).not.toHaveProperty("cropFraction");
  });

  test("three numbers for each pixel are another picture", async () => {
    const { contract } = await infer("another-picture");
    expect([contract.outputs.y?.kind, contract.task]).toEqual(["tensor", null]);
  });

  test("scores of boxes are none of classes; what the boxes are relative to is left to a person", async () => {
    const { contract } = await infer("raw-boxes");
    expect(Object.values(contract.outputs).map(({ kind }) => kind)).toEqual(["tensor", "tensor"]);
    expect(contract.task).toBeNull();
  });

  test("boxes that were picked are told by their names", async () => {
    const { contract, sentence } = await infer("picked-boxes");
    expect(contract.outputs.boxes).toMatchObject({
      box: { order: [1, 0, 3, 2] },
      tensors: { count: "num_detections" },
    });
    expect(contract.task).toBe("object-detection");
    expect(sentence).toContain("boxes of what is found, with scores");
  });
});
