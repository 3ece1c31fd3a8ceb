import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  type Contract,
  checkFit,
  parseModelYaml,
  withModelFile,
  writeModelYaml,
} from "../../src/model/contract/index.ts";
import { SEED } from "../seed.ts";
import { FIXTURES, infer } from "./models.ts";
import { randomContract, randomFrom } from "./random.ts";

const read = (text: string) => parseModelYaml(text, "model.yaml");
const refusal = (code: string, where: string, ...parts: string[]) =>
  expect.objectContaining({
    code,
    where,
    message: expect.stringMatching(
      new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")),
    ),
  });

describe("what a person may write", () => {
  test("every key", () => {
    const file = read(`
name: mobilenet
model: npm:some-package@1.2.3/models/mobilenet.onnx
sha256: 9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
description: |
  Tells what a photograph shows.
license: Apache-2.0
example: cat.jpg
task: image-classification
inputs:
  image: { kind: image, tensor: input, size: [224, null], layout: NHWC, color: BGR, resize: crop, cropFraction: 0.875,
           normalize: { mean: [0.485, 0.456, 0.406], scale: 0.00392156862 }, ground: light }
  sound: { kind: audio, tensor: pcm, sampleRate: 16000, frame: null, context: 0 }
  words: { kind: text, tensors: { ids: input_ids }, tokenizer: null, maxLength: 128 }
  rows: { kind: table, tensor: x, columns: [age, "income"] }
  rest: { kind: tensor, tensor: "a: b" }
outputs:
  classes: { kind: scores, tensor: logits, activation: softmax, labels: labels.txt }
  line: { kind: ctc, blank: 0, dictionary: [a, "1", ö] }
  speech: { kind: probability, threshold: 0.4 }
  vector: { kind: embedding }
states:
  h: { input: state, output: stateN, start: zero, shape: [2, 0, 128] }
constants:
  sr: { tensor: sr, value: 16000 }
  flags: { tensor: flags, value: [true, false] }
evidence:
  - { field: task, source: me, confidence: written, reason: I know it }
serving: { max_batch: 8, instances: 2, device: auto, isolation: thread, threads: 4 }
`);
    expect(file).toMatchObject({
      name: "mobilenet",
      sha256: "9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      inputs: {
        image: { size: [224, null], normalize: { mean: [0.485, 0.456, 0.406], scale: 0.00392156862 } },
        rows: { columns: ["age", "income"] },
      },
      outputs: { line: { dictionary: ["a", "1", "ö"] } },
      constants: { flags: { value: [true, false] } },
      serving: { max_batch: 8, isolation: "thread" },
    });
    expect(read("")).toEqual({});
    expect(read("# nothing yet\n")).toEqual({});
  });

  test("what boxes, masks and tokenizers are; what is left out of anchors is what most detectors have", () => {
    const file = read(`
inputs:
  picture: { kind: image, resize: letterbox, margin: 0 }
  words: { kind: text, tensors: { ids: x }, tokenizer: { kind: regex, delimiter: "[^a]+", vocabulary: vocab.txt } }
outputs:
  faces:
    kind: detections
    tensors: { boxes: regressors, scores: classificators }
    box: { type: center }
    activation: sigmoid
    anchors: { strides: [8, 16], fixed: true }
    suppression: { overlap: 0.3, method: weighted }
    keypoints: [left eye, right eye]
  person: { kind: mask, pixels: foreground, labels: [person], quantization: { scale: 0.1, zeroPoint: -128 } }
  classes: { kind: scores, calibration: { transformation: log, default: 0.5, parameters: ["1,2,3", ""] }, threshold: -1 }
`);
    expect(file.inputs?.words).toMatchObject({ tokenizer: { kind: "regex", lowercase: false } });
    expect(file.outputs?.faces).toMatchObject({
      anchors: {
        strides: [8, 16],
        scales: [0.2, 0.95],
        ratios: [1],
        interpolated: 0,
        offset: 0.5,
        fixed: true,
        divisors: [1, 1, 1, 1],
        exponential: false,
      },
      suppression: { overlap: 0.3, method: "weighted", acrossClasses: false },
    });
    expect(file.outputs?.person).toMatchObject({ quantization: { scale: 0.1, zeroPoint: -128 } });
  });

  test("a checksum of digits alone is no number", () => {
    const digits = "1234567890".repeat(7).slice(0, 64);
    expect(read(`sha256: ${digits}`).sha256).toBe(digits);
  });
});

describe("what cannot be is refused, with its line and its key", () => {
  test.each([
    ["tsk: x", "model.yaml:1:1", "tsk", "did you mean task?"],
    ["name: a\nserving:\n  max_bach: 8", "model.yaml:3:3", "serving.max_bach", "did you mean max_batch?"],
    [
      "serving:\n  max_batch: -1",
      "model.yaml:2:14",
      "serving.max_batch",
      "-1",
      "whole number from 0 to 65536",
    ],
    ["serving: { max_batch: 1.5 }", "model.yaml:1:23", "serving.max_batch", "1.5"],
    [
      "serving: { isolation: threads }",
      "model.yaml:1:23",
      "serving.isolation",
      '"threads"',
      "thread, process",
    ],
    [
      "outputs: { o: { kind: detections, box: { order: [0, 1, 2, 2] } } }",
      "model.yaml:1:49",
      "outputs.o.box.order",
      "once each",
    ],
    [
      "outputs: { o: { kind: detections, tensors: { boxes: b } } }",
      "model.yaml:1:44",
      "outputs.o.tensors",
      "scores is missing",
    ],
    [
      "outputs: { o: { kind: detections, anchors: { fixed: yes } } }",
      "model.yaml:1:53",
      "outputs.o.anchors.fixed",
      '"yes" is neither true nor false',
    ],
    ["serving: 8", "model.yaml:1:10", "serving", "8 is no mapping"],
    ["name: /b", "model.yaml:1:7", "name", "is not a name"],
    ["task: [a]", "model.yaml:1:7", "task", "a list is no text"],
    ["sha256: abc", "model.yaml:1:9", "sha256", "64 hexadecimal digits"],
    ["inputs:\n  image:\n    tensor: x", "model.yaml:3:5", "inputs.image", "kind is missing", "image, audio"],
    ["inputs:\n  image: { kind: picture }", "model.yaml:2:10", "inputs.image", '"picture" is unknown'],
    [
      "inputs:\n  image:\n    kind: image\n    size: [224]",
      "model.yaml:4:11",
      "inputs.image.size",
      "1 entries",
      "2 belong",
    ],
    [
      "inputs:\n  image:\n    kind: image\n    size: [224, 0]",
      "model.yaml:4:17",
      "inputs.image.size[1]",
      "0 is no whole number",
    ],
    [
      "inputs: { i: { kind: image, color: HSV } }",
      "model.yaml:1:36",
      "inputs.i.color",
      "RGB, BGR, GRAY, RGBA",
    ],
    [
      "inputs: { i: { kind: image, normalize: { std: [0] } } }",
      "model.yaml:1:48",
      "inputs.i.normalize.std[0]",
      "0 is no number",
    ],
    [
      "inputs: { i: { kind: image, normalize: { mean: [.nan] } } }",
      "model.yaml:1:49",
      "inputs.i.normalize.mean[0]",
      "NaN",
    ],
    [
      "inputs: { i: { kind: audio, sampleRate: 16 kHz } }",
      "model.yaml:1:41",
      "inputs.i.sampleRate",
      '"16 kHz"',
    ],
    ["inputs: { i: { kind: audio, labels: x } }", "model.yaml:1:29", "inputs.i.labels", "no such key"],
    ["outputs: { o: { kind: scores, labels: [] } }", "model.yaml:1:39", "outputs.o.labels", "0 entries"],
    [
      "outputs: { o: { kind: scores, labels: [a, 1] } }",
      "model.yaml:1:43",
      "outputs.o.labels[1]",
      "1 is no text",
    ],
    [
      "outputs: { o: { kind: ctc, activation: sigmoid } }",
      "model.yaml:1:40",
      "outputs.o.activation",
      "softmax, none",
    ],
    [
      "outputs: { o: { kind: probability, threshold: 2 } }",
      "model.yaml:1:47",
      "outputs.o.threshold",
      "0 to 1",
    ],
    ["states: { h: { input: a } }", "model.yaml:1:14", "states.h", "output is missing"],
    ["states: { h: { input: a, output: b, start: one } }", "model.yaml:1:44", "states.h.start"],
    ["constants: { c: { tensor: a } }", "model.yaml:1:17", "constants.c", "value is missing"],
    ["constants: { c: { tensor: a, value: { b: 1 } } }", "model.yaml:1:37", "constants.c.value"],
    ["constants: { c: { tensor: a, value: .inf } }", "model.yaml:1:37", "constants.c.value"],
    ["evidence: [{ confidence: sure }]", "model.yaml:1:26", "evidence[0].confidence"],
    ["- a\n- b", "model.yaml:1:1", "the file", "a list is no mapping"],
    ["just text", "model.yaml:1:1", "the file"],
    ["? [a]\n: b", "model.yaml:1:3", "a key must be a word"],
    ["name: &a x\ntask: *a", "model.yaml:2:7", "task", "an alias"],
  ])("%j", (text, where, ...parts) => {
    expect(() => read(text)).toThrow(refusal("CONTRACT_YAML_KEY", where, ...parts));
  });

  test.each([
    ["name: 'a", "model.yaml:1:9"],
    ["a: 1\n b: 2", "model.yaml:1:4"],
    ["inputs: {", "model.yaml:1:10"],
    ["name: a\nname: b", "model.yaml:2:1"],
    ["\tname: a", "model.yaml:1:1"],
  ])("%j is no YAML", (text, where) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "CONTRACT_YAML", where }));
  });

  test("what is far too large, and what would multiply without end", () => {
    expect(() => read("x".repeat(2 ** 25 + 1))).toThrow(
      expect.objectContaining({ code: "CONTRACT_TOO_LARGE" }),
    );
    const laughs = Array.from(
      { length: 30 },
      (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1}, *a${i - 1}` : "x"}]`,
    );
    expect(() => read(laughs.join("\n"))).toThrow(expect.objectContaining({ code: "CONTRACT_YAML_KEY" }));
    const deep = `inputs: ${"[".repeat(10_000)}${"]".repeat(10_000)}`;
    expect(() => read(deep)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^CONTRACT_YAML/) }),
    );
  });
});

describe("a person's word counts more than what was found", () => {
  test("a size and labels, the rest as it was", async () => {
    const { contract, signature } = await infer("open");
    const merged = withModelFile(
      contract,
      read(
        "inputs: { image: { kind: image, size: [64, 64], normalize: { scale: 1 } } }\noutputs: { classes: { kind: scores, labels: [a, b, c] } }",
      ),
      signature,
    );
    expect(merged.inputs).toEqual({
      image: {
        ...contract.inputs.image,
        size: [64, 64],
        normalize: { scale: 1, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      },
    });
    expect(merged.outputs.classes).toEqual({ ...contract.outputs.classes, labels: ["a", "b", "c"] });
    const evidence = (field: string) => merged.evidence.filter((each) => each.field === field);
    expect(evidence("inputs.image.size")).toEqual([
      {
        field: "inputs.image.size",
        source: "model.yaml",
        confidence: "written",
        reason: "model.yaml says so",
      },
    ]);
    expect(evidence("inputs.image.normalize").map(({ confidence }) => confidence)).toEqual(["written"]);
    // The contract that was found is not changed.
    expect(contract.inputs.image).toMatchObject({ size: [null, null] });
  });

  test("another name, another kind, the only tensor", async () => {
    const { contract, signature } = await infer("nothing-known");
    const merged = withModelFile(
      contract,
      read(
        "task: image-classification\ninputs: { photo: { kind: image } }\noutputs: { digits: { kind: scores } }",
      ),
      signature,
    );
    expect(Object.keys(merged.inputs)).toEqual(["photo"]);
    expect(merged.inputs.photo).toMatchObject({ kind: "image", tensor: "a: 1/2", layout: "NCHW" });
    expect(merged.outputs).toEqual({
      digits: { kind: "scores", tensor: "größer", activation: "softmax", labels: null },
    });
    expect(merged.task).toBe("image-classification");
    expect(merged.evidence.map(({ field }) => field)).toEqual(["task", "inputs.photo", "outputs.digits"]);
  });

  test("what was said of a part goes where the part goes, and no further", async () => {
    const { contract, signature } = await infer("plain");
    const fieldsOf = (text: string) =>
      withModelFile(contract, read(text), signature).evidence.map(
        ({ field, confidence }) => `${field} ${confidence}`,
      );
    expect(fieldsOf("inputs: { photo: { kind: image, color: BGR } }")).toEqual([
      "inputs.photo.color written",
      "inputs.photo high",
      "inputs.photo.resize low",
      "inputs.photo.normalize low",
      "outputs.classes medium",
      "outputs.classes.activation high",
      "task high",
    ]);
    expect(
      fieldsOf("inputs: { image: { kind: tensor } }\noutputs: { speech: { kind: probability, tensor: y } }"),
    ).toEqual(["inputs.image written", "outputs.speech written", "outputs.speech.tensor written"]);
  });

  test("a task that was guessed is not held to where the person says otherwise of what it was guessed from", async () => {
    const { contract, signature } = await infer("plain");
    const merge = (text: string) => withModelFile(contract, read(text), signature).task;
    expect(merge("outputs: { classes: { kind: scores, labels: [a, b, c] } }")).toBe("image-classification");
    expect(merge("outputs: { vector: { kind: embedding } }")).toBe(null);
    expect(merge("task: tensors\noutputs: { vector: { kind: embedding } }")).toBe("tensors");
    const declared = await infer("ultralytics-classify");
    const file = read("outputs: { vector: { kind: embedding } }");
    expect(withModelFile(declared.contract, file, declared.signature).task).toBe("image-classification");
  });

  test("a state and a constant take their tensors out of what a person gives", async () => {
    const { signature } = await infer("memory");
    const bare: Contract = {
      task: null,
      inputs: { audio: { kind: "tensor", tensor: "audio" }, h: { kind: "tensor", tensor: "h" } },
      outputs: { p: { kind: "tensor", tensor: "p" }, hn: { kind: "tensor", tensor: "hn" } },
      states: {},
      constants: {},
      evidence: [],
    };
    const merged = withModelFile(bare, read("states: { memory: { input: h, output: hn } }"), signature);
    expect(Object.keys(merged.inputs)).toEqual(["audio"]);
    expect(Object.keys(merged.outputs)).toEqual(["p"]);
    expect(merged.states).toEqual({ memory: { input: "h", output: "hn", start: "zero" } });
    const constant = withModelFile(bare, read("constants: { start: { tensor: h, value: 0 } }"), signature);
    expect([constant.inputs, constant.constants]).toEqual([
      { audio: { kind: "tensor", tensor: "audio" } },
      { start: { tensor: "h", value: 0 } },
    ]);
  });

  test.each([
    ["inputs: { x: { kind: image, tensor: y } }", "CONTRACT_TENSOR_UNKNOWN", "inputs.x.tensor", "no input y"],
    ["outputs: { x: { kind: scores, tensor: audio } }", "CONTRACT_TENSOR_UNKNOWN", "outputs.x"],
    [
      "inputs: { t: { kind: text, tensors: { ids: audio, mask: nothing } } }",
      "CONTRACT_TENSOR_UNKNOWN",
      "inputs.t",
      "nothing",
    ],
    ["states: { s: { input: h, output: h } }", "CONTRACT_TENSOR_UNKNOWN", "states.s.output"],
    ["constants: { c: { tensor: p, value: 1 } }", "CONTRACT_TENSOR_UNKNOWN", "constants.c.tensor"],
    ["inputs: { x: { kind: table } }", "CONTRACT_TENSOR_MISSING", "inputs.x", "does not say which tensor"],
  ])("%s", async (text, code, ...parts) => {
    const { contract, signature } = await infer("memory");
    contract.inputs = { a: { kind: "tensor", tensor: "audio" }, b: { kind: "tensor", tensor: "h" } };
    expect(() => withModelFile(contract, read(text), signature)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(new RegExp(parts.join(".*"))),
        hint: expect.stringMatching(/audio|p, hn/),
      }),
    );
  });
});

describe("model.yaml as it is written", () => {
  test(`what is written is read as the same, 300 random contracts (seed ${SEED})`, () => {
    for (let i = 0; i < 300; i++) {
      const { contract, head } = randomContract(randomFrom(SEED + i));
      const text = writeModelYaml(contract, head);
      const {
        task,
        inputs = {},
        outputs = {},
        states = {},
        constants = {},
        evidence = [],
        ...rest
      } = read(text);
      const what = `seed ${SEED + i}:\n${text}`;
      expect({ task: task ?? null, inputs, outputs, states, constants, evidence }, what).toEqual(contract);
      expect(rest, what).toEqual(head);
    }
  });

  test("a contract that was inferred, written and merged again is the same", async () => {
    for (const name of [
      "ultralytics-classify",
      "paddle",
      "memory",
      "cache",
      "bert",
      "table",
      "plain",
      "nothing-known",
    ]) {
      const { contract, signature } = await infer(name);
      const file = read(writeModelYaml(contract, { name }));
      expect(withModelFile(contract, file, signature), name).toEqual(contract);
    }
  });

  test("what is inferred and written fits the model that it was inferred from", async () => {
    for (const name of FIXTURES) {
      const { contract, signature } = await infer(name);
      const file = read(writeModelYaml(contract, { name }));
      const merged = withModelFile(contract, file, signature);
      expect(() => checkFit(merged, signature, { file, locate: () => name }), name).not.toThrow();
    }
  });

  test("it is YAML that others read, with a word for the person", async () => {
    const { contract } = await infer("ultralytics-classify");
    const text = writeModelYaml(contract, { name: "eyes" });
    expect(text.startsWith("# Correct what is wrong")).toBe(true);
    expect(parse(text)).toMatchObject({ name: "eyes", inputs: contract.inputs, outputs: contract.outputs });
  });
});
