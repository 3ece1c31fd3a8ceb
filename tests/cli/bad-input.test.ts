import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { modelAround } from "../model/files.ts";
import { entry, FLOAT, tensor } from "../model/hostile/proto.ts";
import { MNIST as MNIST_FILE, modelsFolder } from "../pipeline/models-folder.ts";
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

/** A file descriptor without end, or without anybody at the other end: none may be waited for. */
async function specialFiles(folder: string): Promise<[path: string, kind: RegExp][]> {
  const pipe = join(folder, "pipe.onnx");
  const socket = join(folder, "socket.onnx");
  execFileSync("mkfifo", [pipe]);
  const server = createServer();
  await new Promise<void>((done) => server.listen(socket, done));
  onTestFinished(() => void server.close());
  return [
    [pipe, /it is a pipe/],
    [socket, /it is a socket/],
    ["/dev/zero", /it is a device/],
  ];
}

test("a pipe, a socket or a device is named as what it is, wherever a model is expected", async () => {
  const special = await specialFiles(emptyFolder());
  const [pipe] = special[0] as [string, RegExp];
  // A link beside model.yaml, and a checksum for which the file would have to be read.
  const described = modelsFolder({
    "model.yaml": `model: linked.onnx\nsha256: ${"0".repeat(64)}\n`,
    "linked.onnx": { link: pipe },
  });
  const asked: [RegExp, ...string[]][] = [
    ...special.map(([path, kind]): [RegExp, ...string[]] => [kind, "inspect", path]),
    [/it is a pipe/, "inspect", described],
    [/it is a pipe/, "run", pipe, "--input", "x=y.npy"],
    [/it is a pipe/, "pull", pipe],
    [/it is a pipe/, "serve", pipe, "--port", "0", "--no-log"],
  ];
  for (const [kind, ...args] of asked) {
    const { code, stdout, stderr } = await modelyard([...args, "--json"]);
    expect([args, code, stdout]).toEqual([args, 1, ""]);
    const { error } = JSON.parse(stderr);
    expect([args, error.code, error.message]).toEqual([args, "FILE_UNREADABLE", expect.stringMatching(kind)]);
  }
  const picture = await modelyard(["run", MNIST_FILE, "/dev/zero", "--json"]);
  expect(JSON.parse(picture.stderr).error).toMatchObject({ code: "FILE_UNREADABLE" });
});

test("weights that lie in a pipe inside the model's own folder are refused", async () => {
  const folder = emptyFolder();
  const weights = tensor("w", FLOAT, [4], [13, entry("location", "weights.bin")], [14, 1]);
  writeFileSync(join(folder, "model.onnx"), modelAround(weights));
  execFileSync("mkfifo", [join(folder, "weights.bin")]);
  for (const args of [["inspect"], ["run"]]) {
    const path = join(folder, "model.onnx");
    const { code, stderr } = await modelyard([
      ...args,
      path,
      ...(args[0] === "run" ? ["x.json"] : []),
      "--json",
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "FILE_UNREADABLE",
      message: expect.stringMatching(/weights\.bin.*it is a pipe/),
    });
  }
});

test("a picture from a pipe is read to its end, as a shell gives it", async () => {
  const command = `"${process.execPath}" bin/modelyard.js run examples/models/mnist <(cat examples/models/mnist/seven.png) --json`;
  const answer = execFileSync("bash", ["-c", command], { cwd: ROOT, encoding: "utf8" });
  expect(JSON.parse(answer)[0].label).toBe("7");
});

test("a place without a name is not the folder that the program was started in", async () => {
  for (const [args, what] of [
    [["convert", "examples/models/mnist", ""], "<out>"],
    [["compile", "examples/models/mnist", "-o", ""], "-o, --output <folder>"],
    [["serve", ""], "<folder>"],
    [["inspect", "examples/models/mnist", "--cache", ""], "--cache <folder>"],
  ] as const) {
    const { code, stdout, stderr } = await modelyard([...args, "--json"]);
    expect([args, code, stdout]).toEqual([args, 2, ""]);
    expect(JSON.parse(stderr).error).toMatchObject({ code: "USAGE", message: `${what} is empty` });
  }
});

test("no source at all is no source", async () => {
  for (const args of [
    ["pull", ""],
    ["inspect", ""],
    ["run", ""],
    ["run", "", "x.png"],
    ["pull", " "],
  ]) {
    const { code, stdout, stderr } = await modelyard([...args, "--json"]);
    expect([args, code, stdout]).toEqual([args, 1, ""]);
    expect(JSON.parse(stderr).error.code).toBe("HUB_SOURCE_EMPTY");
  }
});
