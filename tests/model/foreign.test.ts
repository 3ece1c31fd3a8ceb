// Files of other formats: each is named as what it is, with what can be done with it today, whatever its name says.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bufferSource, detectFormat, FORMATS } from "../../src/model/index.ts";
import { packageFile } from "../models.ts";
import { SHARED } from "../serve/catalogue.ts";
import { tarOf, zipOf } from "./archive.ts";
import { codeOf, openBytes } from "./files.ts";

const TENSORSPACE = "npm:tensorspace@0.6.1/docs";

/** Real files of packages, by what they are. */
const REAL: readonly (readonly [id: string, source: string])[] = [
  ["hdf5", `${TENSORSPACE}/keras/rawModel/combined/mnist.h5`],
  ["hdf5", `${TENSORSPACE}/tensorflow/rawModel/keras_separated/weights.h5`],
  ["tensorflow", `${TENSORSPACE}/tensorflow/rawModel/frozen/frozen_model.pb`],
  ["saved-model", `${TENSORSPACE}/tensorflow/rawModel/saved/saved_model.pb`],
  ["tfjs", `${TENSORSPACE}/tensorflow/convertedModel/graphModel/model.json`],
  ["tfjs", `${TENSORSPACE}/tfjs/convertedModel/model.json`],
  ["xgboost", "npm:xgboost@1.1.0/test/data/iris.xg.model"],
];

const text = (words: string) => Buffer.from(words);

/** Archives, by the names that the writers of each format give to the files in them. */
const ARCHIVED: readonly (readonly [id: string, bytes: Uint8Array])[] = [
  [
    "pytorch",
    zipOf({ "archive/data.pkl": "", "archive/byteorder": "", "archive/data/0": "", "archive/version": "3" }),
  ],
  ["pytorch", zipOf({ "resnet/data.pkl": "", "resnet/data/0": "", "resnet/.data/serialization_id": "" })],
  [
    "torchscript",
    zipOf({ "net/data.pkl": "", "net/code/__torch__.py": "", "net/constants.pkl": "", "net/version": "" }),
  ],
  [
    "pytorch-export",
    zipOf({
      "m/archive_format": "pt2",
      "m/archive_version": "0",
      "m/models/model.json": "{}",
      "m/data/weights/weight_0": "",
    }),
  ],
  [
    "pytorch-export",
    zipOf({ version: "8.2", "serialized_exported_program.json": "{}", "serialized_state_dict.pt": "" }),
  ],
  [
    "pytorch-aot",
    zipOf({ "m/archive_format": "pt2", "m/data/aotinductor/model/c.so": "", "m/models/model.json": "" }),
  ],
  ["keras", zipOf({ "metadata.json": "{}", "config.json": "{}", "model.weights.h5": "" })],
  ["torchserve", zipOf({ "MAR-INF/MANIFEST.json": "{}", "model.pt": "", "handler.py": "" })],
  ["skops", zipOf({ "140.npy": "", "schema.json": "{}" })],
  ["npz", zipOf({ "arr_0.npy": "", "arr_1.npy": "" })],
  [
    "coreml-package",
    zipOf({
      "m.mlpackage/Manifest.json": "{}",
      "m.mlpackage/Data/com.apple.CoreML/model.mlmodel": "",
    }),
  ],
  ["saved-model-zip", zipOf({ "export/saved_model.pb": "", "export/variables/variables.index": "" })],
  ["tfjs-zip", zipOf({ "model.json": "{}", "metadata.json": "{}", "weights.bin": "" })],
  ["h2o", zipOf({ "model.ini": "", "domains/d000.txt": "", "trees/t00_000.bin": "" })],
  ["onnx-zip", zipOf({ "buffalo/det.onnx": "", "buffalo/rec.onnx": "" })],
  ["zip", zipOf({ "notes.txt": "" })],
  ["zip", zipOf({})],
  ["nemo", tarOf({ "./model_config.yaml": "a: 1", "./model_weights.ckpt": "x".repeat(600) })],
  ["onnx-tar", tarOf({ "m/model.onnx": "x" })],
  ["tar", tarOf({ "notes.txt": "x" })],
];

/** The first bytes of formats of which no package carries a small file. */
const MADE: readonly (readonly [id: string, bytes: Uint8Array])[] = [
  ...ARCHIVED,
  ["gguf", Buffer.concat([text("GGUF"), Buffer.from([3, 0, 0, 0]), Buffer.alloc(64)])],
  [
    "safetensors",
    Buffer.concat([Buffer.from([16, 0, 0, 0, 0, 0, 0, 0]), text('{"w":{"dtype":1}}'), Buffer.alloc(64)]),
  ],
  ["pickle", Buffer.from("80049524000000000000008c0f736b6c6561726e2e6c696e656172", "hex")],
  ["ort", Buffer.concat([Buffer.from([24, 0, 0, 0]), text("ORTM"), Buffer.alloc(32)])],
  ["catboost", Buffer.concat([text("CBM1"), Buffer.alloc(32)])],
  ["lightgbm", text("tree\nversion=v4\nnum_class=1\n")],
  ["openvino", text('<?xml version="1.0"?>\n<net name="m" version="11">')],
  ["html", text("\n<!doctype html>\n<html>")],
  ["gzip", gzipSync("x")],
  ["git-lfs", text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")],
  ["json", text('{"some": "thing"}')],
  ["picture", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")],
  ["npy", Buffer.from("934e554d5059010076007b2764", "hex")],
  ["xml", text('<?xml version="1.0"?><Error/>')],
  ["csv", text("a;b\n1;2\n")],
  ["text", text("no model")],
];

/** The format's id, by the bytes alone and under the wrong name as well. */
async function idOf(bytes: Uint8Array, name: string): Promise<string | undefined> {
  return (await detectFormat(bufferSource(bytes, name)))?.id;
}

async function named(id: string, bytes: Uint8Array, name: string): Promise<void> {
  const format = FORMATS.find((each) => each.id === id);
  expect(format, id).toBeDefined();
  for (const called of [name, "model.onnx", "model"]) expect(await idOf(bytes, called), called).toBe(id);
  await expect(openBytes(bytes, {}, name)).rejects.toMatchObject({
    code: "MODEL_FORMAT_LATER",
    message: expect.stringContaining(format?.title ?? ""),
    hint: format?.advice,
    where: name,
  });
}

test.for(REAL)("%s: %s", async ([id, source], context) => {
  const path = await packageFile(context, source);
  await named(id, readFileSync(path), basename(path));
});

test.each(MADE)("%s, by its first bytes", (id, bytes) => named(id, bytes, "x"));

test("a format that is only recognised says what to do, and each has an example here", () => {
  const later = FORMATS.filter((format) => !format.load);
  for (const { id, advice, title } of later) {
    expect(advice, id).toMatch(/\w+ .*\.$/);
    expect(title, id).toMatch(/^(an?|JSON|XML|text)\b/);
  }
  const shown = new Set([...MADE, ...REAL].map(([id]) => id));
  expect(later.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
});

const LFS =
  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/** What people find under a model's name that is none: a download that failed, a checkout without LFS, the wrong file. */
const TEXTS: readonly (readonly [message: string, hint: RegExp, content: string])[] = [
  ["model.onnx is text, not a model.", /note or an error/, "This is a text file.\n"],
  ["model.onnx is text, not a model.", /editor/, "größer ".repeat(200)],
  ["model.onnx is text, not a model.", /editor/, "Not Found"],
  ["model.onnx is a table as text (CSV), not a model.", /rows are inputs/, "a,b,c\n1,2,3\n4,5,6\n"],
  ["model.onnx is a table as text (CSV), not a model.", /rows are inputs/, "a\tb\r\n1\t2\r\n"],
  ["model.onnx is JSON of no model that is known.", /model file itself/, '{"error": "not found"}'],
  ["model.onnx is a web page, not a model.", /login or an error/, "\uFEFF<!-- a --><html lang='en'>"],
  [
    "model.onnx is a web page, not a model.",
    /login or an error/,
    '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-">',
  ],
  [
    "model.onnx is XML, not a model.",
    /error/,
    '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
  ],
  ["model.onnx is a Git LFS pointer, not the file itself.", /git lfs pull/, LFS],
];

test.each(TEXTS)("%s %s", async (message, hint, content) => {
  await expect(openBytes(text(content), {}, "model.onnx")).rejects.toMatchObject({
    code: "MODEL_FORMAT_LATER",
    message,
    hint: expect.stringMatching(hint),
  });
});

test("formats that are written as text keep their names", async () => {
  expect(await idOf(text('node { name: "x" }\n'), "graph.pbtxt")).toBe("tensorflow");
  expect(await idOf(text("<net name='x'>"), "model.xml")).toBe("openvino");
});

test("a frozen graph is told from a SavedModel, with what converts each", async () => {
  const graph = Buffer.concat([Buffer.from([0x0a, 0x1c, 0x0a, 1]), text("x\x12\x0bPlaceholder")]);
  await expect(openBytes(graph, {}, "frozen.pb")).rejects.toMatchObject({
    message: expect.stringContaining("a frozen graph of TensorFlow"),
    hint: expect.stringContaining("--graphdef model.pb --inputs"),
  });
  await expect(openBytes(Buffer.from([8, 1, 18, 0x80, 1]), {}, "saved_model.pb")).rejects.toMatchObject({
    message: expect.stringContaining("a SavedModel of TensorFlow"),
    hint: expect.stringContaining("--saved-model folder"),
  });
});

describe("archives", () => {
  test("are found behind other data, by their end", async () => {
    const bytes = Buffer.concat([text("#!/bin/sh\n"), zipOf({ "a.tflite": "" })]);
    expect(await idOf(bytes, "bundle.task")).toBe("tflite-bundle");
    expect(await idOf(bytes, "bundle")).toBe("tflite-bundle");
  });

  test("say which models they hold, a few of them, and none at length", async () => {
    const names = Array.from({ length: 9 }, (_, i) => [`${"x".repeat(100 * i)}${i}.onnx`, ""]);
    await expect(openBytes(zipOf(Object.fromEntries(names)))).rejects.toMatchObject({
      code: "MODEL_FORMAT_LATER",
      message: expect.stringMatching(/models \(0\.onnx, x{60}…, x{60}…, x{60}… and 5 more\)/),
    });
  });

  test("that are cut off are damaged", async () => {
    const whole = zipOf({ "archive/data.pkl": "x".repeat(1_000) });
    expect(await codeOf(openBytes(whole.subarray(0, 700), {}, "m.pt"))).toBe("MODEL_ZIP_DAMAGED");
    expect(await idOf(tarOf({ "a.onnx": "x" }).subarray(0, 1_100), "m.tar")).toBe("onnx-tar");
  });

  test("of sixty thousand files are told apart", async () => {
    const many = Array.from({ length: 60_000 }, (_, i) => [`archive/data/${i}`, ""]);
    expect(await idOf(zipOf(Object.fromEntries([["archive/data.pkl", ""], ...many])), "m.pt")).toBe(
      "pytorch",
    );
  });

  test.each(["dense.keras", "linear.skops", "arrays.npz"])(
    "%s, as its own library wrote it",
    async (name) => {
      const bytes = readFileSync(join(import.meta.dirname, "../fixtures/archives", name));
      expect(await idOf(bytes, "model")).toBe(name.split(".")[1]);
    },
  );
});

describe("models of TensorFlow Lite", () => {
  test("all of them are named, none is taken for ONNX", async (context) => {
    const root = join(SHARED, "models/tflite-ops");
    if (!existsSync(root)) return context.skip(`no ${root} (set MODELYARD_SHARED)`);
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.name.endsWith(".tflite"),
    );
    expect(files.length).toBeGreaterThan(40);
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name));
      expect(await idOf(bytes, file.name)).toBe("tflite");
      expect((await openBytes(bytes, {}, "renamed.onnx")).format).toBe("tflite");
    }
  });
});
