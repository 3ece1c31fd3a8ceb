import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT } from "./modelyard.ts";

const MNIST = readFileSync(join(ROOT, "examples/models/mnist/1/mnist-8.onnx"));

/** Files that are no model, or not a whole one: inspect refuses each with a coded error and exit code 1. */
const NO_MODELS: readonly [string, string, Uint8Array | string][] = [
  ["cut off in the middle", "model.onnx", MNIST.subarray(0, 13_000)],
  ["cut off in the last byte", "model.onnx", MNIST.subarray(0, MNIST.length - 1)],
  ["empty", "model.onnx", ""],
  ["a web page", "model.onnx", "<!DOCTYPE html><html><body>404 Not Found</body></html>"],
  ["a renamed text file", "model.onnx", "This is a text file, and nothing else.\n".repeat(40)],
  ["zeros", "model.onnx", new Uint8Array(4096)],
  ["a length past the end", "model.onnx", Buffer.from("3affffffff0f00", "hex")],
  ["a length of 2^63", "model.onnx", Buffer.from("3affffffffffffffffff01", "hex")],
  ["JSON", "model.onnx", '{"format": "graph-model"}'],
];

test.each(NO_MODELS)("inspect refuses a file that is %s", async (_what, name, content) => {
  const path = join(emptyFolder(), name);
  writeFileSync(path, content);
  const { code, stdout, stderr } = await modelyard(["inspect", path, "--json"]);
  expect(stdout).toBe("");
  expect(code).toBe(1);
  const { error } = JSON.parse(stderr);
  expect(error.code).not.toBe("INTERNAL");
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.hint.length).toBeGreaterThan(10);
});

/** Recognised by their magic, not readable yet: named as what they are. */
const FOREIGN: readonly [string, Uint8Array | string, RegExp][] = [
  [
    "weights.safetensors",
    Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("{}")]),
    /safetensors/i,
  ],
  ["model.h5", Buffer.from("894844460d0a1a0a0000000000080800", "hex"), /HDF5|Keras/i],
  ["model.gguf", Buffer.concat([Buffer.from("GGUF"), Buffer.from([3, 0, 0, 0]), Buffer.alloc(16)]), /GGUF/i],
  ["model.pkl", Buffer.from("80049500000000000000002e", "hex"), /pickle/i],
  [
    "model.tflite",
    Buffer.concat([Buffer.from([28, 0, 0, 0]), Buffer.from("TFL3"), Buffer.alloc(24)]),
    /TensorFlow Lite|TFLite/i,
  ],
];

test.each(FOREIGN)("%s is named as what it is, with what can be done", async (name, content, says) => {
  const path = join(emptyFolder(), name);
  writeFileSync(path, content);
  const { code, stderr } = await modelyard(["inspect", path, "--json"]);
  expect(code).toBe(1);
  const { error } = JSON.parse(stderr);
  expect(error.message + error.hint).toMatch(says);
});

test("a picture that is no picture is refused by name", async () => {
  const path = join(emptyFolder(), "fake.png");
  writeFileSync(path, "I am a picture, believe me.");
  const { code, stderr } = await modelyard(["run", "examples/models/mnist", path, "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr).error.code).toBe("MEDIA_PICTURE_UNKNOWN");
});

test("model.yaml with a wrong key names line and key", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "1"));
  symlinkSync(join(ROOT, "examples/models/mnist/1/mnist-8.onnx"), join(folder, "1/model.onnx"));
  writeFileSync(join(folder, "model.yaml"), "name: digits\ntasck: image-classification\n");
  const { code, stderr } = await modelyard(["inspect", folder, "--json"]);
  expect(code).toBe(1);
  const { error } = JSON.parse(stderr);
  expect(`${error.message} ${error.where}`).toMatch(/tasck/);
  expect(error.where).toMatch(/model\.yaml.*2/);
});

test("a checksum that does not fit is refused", async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, "mnist.onnx"), MNIST);
  writeFileSync(join(folder, "model.yaml"), `name: digits\nsha256: ${"0".repeat(64)}\n`);
  const { code, stderr } = await modelyard(["inspect", folder, "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr).error.message).toContain("0000000000");
});
