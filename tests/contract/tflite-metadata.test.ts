// TFLite Metadata written by hand, and what the contract makes of it: metadata_schema.fbs of tensorflow/tflite-support 1.5.0.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fail } from "../../src/base/errors/index.ts";
import { bufferModelSource } from "../../src/base/sources/index.ts";
import { type Contract, inferContract } from "../../src/model/contract/index.ts";
import { openModel } from "../../src/model/formats/index.ts";
import type { Attachment, Model } from "../../src/model/graph/graph.ts";
import {
  type Field,
  type Fields,
  f32,
  flatbuffer,
  floats,
  i8,
  table,
  tables,
  text,
  u32,
} from "../model/tflite/flat.ts";
import { SEED } from "../seed.ts";
import { MODELS, NO_MODELS } from "../serve/catalogue.ts";
import { random } from "../serve/random.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/contract");

function attachment(kind: Attachment["kind"], name: string, data: Uint8Array): Attachment {
  const content = {
    name,
    dtype: "uint8" as const,
    shape: [data.byteLength],
    byteLength: data.byteLength,
    origin: { derived: "test" },
    read: async () => ({ dtype: "uint8" as const, shape: [data.byteLength], data }),
    async *stream() {
      yield data;
    },
  };
  return { kind, name, content };
}

async function modelOf(name: string): Promise<Model> {
  return openModel(bufferModelSource(readFileSync(join(FIXTURES, `${name}.onnx`)), { name }));
}

/** Every name that a test uses is packed into the model, but for missing.txt. */
const PACKED = ["zh.txt", "names.txt", "calibration.csv", "vocab.txt", "bert.txt", "model", "x"];

async function infer(
  model: Model,
  metadata: Uint8Array,
): Promise<{ contract: Contract; notes: readonly string[] }> {
  const files = PACKED.map((name) => attachment("file", name, new Uint8Array(1)));
  model.attachments = [attachment("metadata", "TFLITE_METADATA", metadata), ...files];
  const contract = await inferContract(model, async () => null);
  return { contract, notes: model.notes };
}

interface Parts {
  inputs?: Fields[];
  outputs?: Fields[];
  inputUnits?: Fields[];
  version?: string;
  more?: Fields;
}

/** ModelMetadata with one SubGraphMetadata. */
const metadata = (
  { inputs = [], outputs = [], inputUnits = [], version = "1.5.0", more = {} }: Parts,
  id = "M001",
) =>
  flatbuffer(
    {
      0: text("a model"),
      1: text("Tells one from another."),
      3: tables([{ 2: tables(inputs), 3: tables(outputs), 5: tables(inputUnits) }]),
      5: text("Apache-2.0"),
      7: text(version),
      ...more,
    },
    id,
  );

const union = (member: number, fields: Fields): Fields => ({ 0: i8(member), 1: table(fields) });
const content = (member: number, fields: Fields): Field => table(union(member, fields));
const tensor = (name: string, fields: Fields = {}): Fields => ({ 0: text(name), ...fields });
const file = (name: string, type: number, locale?: string): Fields => ({
  0: text(name),
  2: i8(type),
  ...(locale === undefined ? {} : { 3: text(locale) }),
});
const photo = tensor("image", {
  3: content(2, { 0: i8(1) }),
  4: tables([union(1, { 0: floats([127.5]), 1: floats([127.5]) })]),
});

describe("a classifier of pictures", () => {
  const outputs = [
    tensor("probability", {
      3: content(1, {}),
      4: tables([union(3, { 0: f32(0.25) }), union(2, { 0: i8(1), 1: f32(0.125) })]),
      6: tables([file("zh.txt", 2, "zh"), file("names.txt", 2), file("calibration.csv", 4)]),
    }),
  ];

  test("what it says, each statement with its source", async () => {
    const { contract, notes } = await infer(await modelOf("softmax"), metadata({ inputs: [photo], outputs }));
    const [input] = Object.values(contract.inputs);
    expect(input).toMatchObject({
      kind: "image",
      color: "RGB",
      resize: "stretch",
      antialias: false,
      normalize: { scale: 1, mean: [127.5], std: [127.5] },
    });
    expect(contract.outputs.classes).toMatchObject({
      labels: "names.txt",
      threshold: 0.25,
      calibration: { transformation: "log", default: 0.125, parameters: "calibration.csv" },
    });
    expect([contract.description, contract.license]).toEqual(["Tells one from another.", "Apache-2.0"]);
    const said = contract.evidence
      .filter(({ source }) => source === "TFLite Metadata")
      .map(({ field }) => field);
    const fields = ["color", "normalize", "resize", "antialias"].map((field) => `inputs.image.${field}`);
    expect(said).toEqual(expect.arrayContaining([...fields, "outputs.classes.labels", "description"]));
    expect(notes).toEqual(["TFLite Metadata also has what is not used: labels in further languages"]);
  });

  test("a version from the future is read as far as it is known, with a note", async () => {
    // Fields behind those that are known, members of unions beyond them, an unknown type of file.
    const later = {
      ...photo,
      4: tables([union(9, { 0: f32(1) }), union(1, { 0: floats([0]), 1: floats([255]) })]),
      11: text("new"),
    };
    const odd = [
      tensor("probability", {
        3: content(9, {}),
        6: tables([file("x", 99), file("names.txt", 2)]),
        12: u32(1),
      }),
    ];
    const bytes = metadata({ inputs: [later], outputs: odd, version: "2.0.0", more: { 12: text("new") } });
    const { contract, notes } = await infer(await modelOf("softmax"), bytes);
    expect(contract.inputs.image).toMatchObject({ normalize: { std: [255] } });
    expect(contract.outputs.classes).toMatchObject({ labels: "names.txt" });
    expect(notes).toEqual([expect.stringMatching(/asks for version 2\.0\.0.*1\.5\.0/)]);
    for (const version of ["1.5.0", "1.4.9", "1.0.0", "", "x", "1.5"])
      expect((await infer(await modelOf("softmax"), metadata({ version }))).notes, version).toEqual([]);
    for (const version of ["1.5.1", "1.6", "10.0.0", "2"])
      expect((await infer(await modelOf("softmax"), metadata({ version }))).notes, version).toHaveLength(1);
  });

  test("another identifier, damage, numbers that are none: a note, and the rest of the contract", async () => {
    const plain = await inferContract(await modelOf("softmax"), async () => null);
    const good = metadata({ inputs: [photo], outputs });
    const other = await infer(await modelOf("softmax"), metadata({ inputs: [photo] }, "M002"));
    expect(other.contract).toEqual(plain);
    expect(other.notes).toEqual([expect.stringContaining("another identifier")]);
    const cut = await infer(await modelOf("softmax"), good.slice(0, 90));
    expect(cut.contract).toEqual(plain);
    expect(cut.notes).toEqual([expect.stringMatching(/damaged.*byte \d+/)]);
    const zero = { ...photo, 4: tables([union(1, { 0: floats([Number.NaN]), 1: floats([0]) })]) };
    const { contract } = await infer(await modelOf("softmax"), metadata({ inputs: [zero] }));
    expect(contract.inputs.image).toMatchObject({
      normalize: (plain.inputs.image as { normalize: object }).normalize,
    });
  });

  test("files that are not there are named in a note, and not asked for", async () => {
    const files = tables([file("missing.txt", 2), file("../../secret.txt", 2), file("readme.txt", 1)]);
    const model = await modelOf("softmax");
    const bytes = metadata({ inputs: [photo], outputs: [tensor("probability", { 6: files })] });
    model.attachments = [attachment("metadata", "TFLITE_METADATA", bytes)];
    const source = bufferModelSource(new Uint8Array(1), {
      name: "m",
      siblings: { "beside.txt": new Uint8Array(1) },
    });
    const contract = await inferContract(model, source.sibling);
    expect(contract.outputs.classes).toMatchObject({ labels: null });
    expect(model.notes).toEqual([expect.stringContaining("missing.txt, ../../secret.txt, neither packed")]);
    const beside = [tensor("probability", { 6: tables([file("beside.txt", 2)]) })];
    model.attachments = [attachment("metadata", "TFLITE_METADATA", metadata({ outputs: beside }))];
    expect((await inferContract(model, source.sibling)).outputs.classes).toMatchObject({
      labels: "beside.txt",
    });
  });

  test("packed files that cannot be read are as if they were not there, and named with the error's code", async () => {
    const damaged = (name: string): Attachment => {
      const good = attachment("file", name, new Uint8Array(9));
      const read = async () => {
        throw fail("MODEL_ZIP_DAMAGED", { file: "m", problem: "no" }, { where: "m, byte 7" });
      };
      return { ...good, content: { ...good.content, read } };
    };
    const files = tables([file("labels.txt", 2), file("calibration.csv", 4)]);
    const units = tables([union(2, { 0: i8(1), 1: f32(0.125) })]);
    const bytes = metadata({ inputs: [photo], outputs: [tensor("probability", { 4: units, 6: files })] });
    const model = await modelOf("softmax");
    // config.json and labels.txt are looked for beside models too.
    const names = ["labels.txt", "calibration.csv", "config.json"];
    model.attachments = [attachment("metadata", "TFLITE_METADATA", bytes), ...names.map(damaged)];
    const warnings: string[] = [];
    const contract = await inferContract(
      model,
      async () => null,
      (warning) => warnings.push(warning),
    );
    expect(contract.outputs.classes).toMatchObject({ kind: "scores", labels: null });
    expect(contract.outputs.classes).not.toHaveProperty("calibration");
    expect(warnings).toHaveLength(3);
    for (const [i, name] of names.entries())
      expect(warnings[i]).toMatch(
        new RegExp(`^${name}, packed into the model, is not heeded: .*\\(MODEL_ZIP_DAMAGED, m, byte 7\\)`),
      );
  });

  test("bytes changed at random: a contract all the same (seed is printed)", async () => {
    const seed = SEED >>> 0;
    const next = random(seed);
    const good = metadata({ inputs: [photo], outputs });
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(good);
      for (let i = 0; i <= 4 * next(); i++)
        bytes[Math.floor(next() * bytes.length)] = Math.floor(256 * next());
      const { contract } = await infer(await modelOf("softmax"), bytes).catch((error: unknown) => {
        throw new Error(`seed ${seed}, round ${round}: ${error}`);
      });
      expect(Object.keys(contract.outputs).length, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});

test("text: tokenizers by a pattern and BERT's; SentencePiece is named and not there", async () => {
  const regex = union(6, { 0: text("[^a]+"), 1: tables([file("vocab.txt", 5)]) });
  const read = async (parts: Parts) =>
    (await infer(await modelOf("denoted-text"), metadata(parts))).contract.inputs.text;
  expect(await read({ inputs: [tensor("x", { 4: tables([regex]) })] })).toMatchObject({
    tokenizer: { kind: "regex", delimiter: "[^a]+", vocabulary: "vocab.txt", lowercase: false },
  });
  const bert = union(4, { 0: tables([file("bert.txt", 5)]) });
  expect(await read({ inputs: [tensor("x")], inputUnits: [bert] })).toMatchObject({
    tokenizer: { kind: "wordpiece", vocabulary: "bert.txt", lowercase: true },
  });
  const pieces = union(5, { 0: tables([file("model", 0)]) });
  expect(await read({ inputs: [tensor("x", { 4: tables([pieces]) })] })).toMatchObject({ tokenizer: null });
});

test("BERT's three inputs are what the metadata calls them, whatever their tensors are called", async () => {
  const bert = union(4, { 0: tables([file("bert.txt", 5)]) });
  const inputs = [tensor("segment_ids"), tensor("ids"), tensor("mask")];
  const named = await infer(await modelOf("bert"), metadata({ inputs, inputUnits: [bert] }));
  expect(named.contract.inputs.text).toMatchObject({
    tensors: { types: "input_ids", ids: "attention_mask", mask: "token_type_ids" },
    tokenizer: { kind: "wordpiece", vocabulary: "bert.txt" },
  });
  // Without their names, those of the tensors tell, also as TensorFlow's signatures have them.
  const model = await modelOf("bert");
  const names = [
    "serving_default_input_word_ids:0",
    "serving_default_input_mask:0",
    "serving_default_input_type_ids:0",
  ];
  for (const [i, input] of model.graph.inputs.entries()) input.name = names[i] ?? "";
  const anonymous = [tensor("a"), tensor("b"), tensor("c")];
  const plain = await infer(model, metadata({ inputs: anonymous, inputUnits: [bert] }));
  expect(plain.contract.inputs.text).toMatchObject({
    tensors: { ids: names[0], mask: names[1], types: names[2] },
  });
});

test("what is said and not used is told", async () => {
  const calibrated = tensor("scores", { 4: tables([union(2, { 0: i8(1), 1: f32(0.5) })]) });
  const graph: Fields = {
    2: tables([tensor("x", { 4: tables([union(5, { 0: tables([file("model", 0)]) })]) })]),
    3: tables([calibrated]),
    6: tables([union(3, { 0: f32(0.5) })]),
    8: tables([{ 0: text("detections") }]),
  };
  const { notes } = await infer(await modelOf("denoted-text"), metadata({ more: { 3: tables([graph]) } }));
  expect(notes).toEqual([
    "TFLite Metadata also has what is not used: a SentencePiece tokenizer, so the model takes token ids; calibration of scores without its file; steps behind the outputs; groups of tensors",
  ]);
});

test("sound: its rate; several channels are left to the caller", async () => {
  const read = async (channels: number) => {
    const input = tensor("clip", { 3: content(4, { 0: u32(44_100), 1: u32(channels) }) });
    return (await infer(await modelOf("denoted-audio"), metadata({ inputs: [input] }))).contract.inputs.audio;
  };
  expect(await read(1)).toMatchObject({ sampleRate: 44_100, frame: 400 });
  expect(await read(2)).toMatchObject({ sampleRate: 16_000 });
});

describe.skipIf(!existsSync(MODELS))(`the Task Library's models (${NO_MODELS})`, () => {
  const contractOf = async (name: string) => {
    const model = await openModel(bufferModelSource(readFileSync(join(MODELS, "tflite", name)), { name }));
    return inferContract((await model.toOnnx?.())?.model ?? model, async () => null);
  };

  test("boxes, with what their numbers are and whose names the classes have", async () => {
    const { outputs, task } = await contractOf("coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite");
    expect(task).toBe("object-detection");
    expect(outputs.boxes).toMatchObject({
      tensors: {
        boxes: "TFLite_Detection_PostProcess",
        classes: "TFLite_Detection_PostProcess:1",
        scores: "TFLite_Detection_PostProcess:2",
        count: "TFLite_Detection_PostProcess:3",
      },
      box: { type: "boundaries", order: [1, 0, 3, 2], unit: "ratio" },
      labels: "labelmap.txt",
      threshold: 0.5,
    });
  });

  test("a mask of 21 classes; windows of sound", async () => {
    const { outputs } = await contractOf("deeplabv3.tflite");
    expect(outputs.mask).toMatchObject({ pixels: "scores", layout: "NHWC", labels: "labelmap.txt" });
    const yamnet = await contractOf("yamnet_audio_classifier_with_metadata.tflite");
    expect(yamnet.inputs.audio).toMatchObject({ sampleRate: 16_000, frame: 15_600 });
    expect(yamnet.outputs.classes).toMatchObject({ activation: "none", labels: "yamnet_label_list.txt" });
  });
});
