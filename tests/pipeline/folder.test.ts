// What a models folder holds, found without reading any model.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Found, type Item, scanFolder } from "../../src/run/pipeline/folder.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { MNIST, modelsFolder } from "./models-folder.ts";

const model = { copy: MNIST };

/** `name:version` of each, sorted; those that are broken with the code of the reason. */
function list(found: readonly Item[]): string[] {
  return found
    .map((item) => {
      const id = `${item.name}:${item.version}`;
      return "error" in item ? `${id} ${(item.error as { code?: string }).code}` : id;
    })
    .sort();
}

test("bare files, folders of one model, and versions stand beside each other", async () => {
  const folder = modelsFolder({
    "bare.onnx": model,
    "odd name: ä.onnx": model,
    "single/weights.onnx": model,
    "versions/1/model.onnx": model,
    "versions/2/model.onnx": model,
    "versions/10/model.onnx": model,
    "versions/010/model.onnx": model,
    "versions/latest/model.onnx": model,
    "linked/1/model.onnx": { link: MNIST },
    ".hidden/1/model.onnx": model,
    "notes/readme.txt": "no model",
    LICENSE: "no model",
  });
  const passedOver: string[] = [];
  expect(list(await scanFolder(folder, { passedOver: (each) => passedOver.push(each) }))).toEqual(
    ["bare:1", "linked:1", "odd name: ä:1", "single:1", "versions:10", "versions:1", "versions:2"].sort(),
  );
  expect(passedOver).toEqual([join(folder, "notes")]);
});

test("model.yaml gives another name, and a source elsewhere", async () => {
  const folder = modelsFolder({
    "a/model.yaml": "name: digits\ntask: image-classification\n",
    "a/1/model.onnx": model,
    "b/model.yaml": "model: ../shared.onnx\n",
    "shared.onnx": model,
    "c/model.yaml": "model: npm:some-package@1.2.3/model.onnx\n",
  });
  const found = await scanFolder(folder);
  expect(list(found)).toEqual(["b:1", "c:1", "digits:1", "shared:1"]);
  const source = (name: string) => (found.find((item) => item.name === name) as Found).source;
  expect(source("b")).toBe(join(folder, "shared.onnx"));
  expect(source("c")).toBe("npm:some-package@1.2.3/model.onnx");
});

test("a file, and a folder that itself holds model.yaml or config.pbtxt, are one model", async () => {
  expect(list(await scanFolder(MNIST))).toEqual(["mnist-8:1"]);
  const yaml = modelsFolder({ "model.yaml": "name: one\n", "3/model.onnx": model });
  expect(list(await scanFolder(yaml))).toEqual(["one:3"]);
  const pbtxt = modelsFolder({ "config.pbtxt": 'name: "two"\n', "1/model.onnx": model });
  expect(await scanFolder(pbtxt)).toHaveLength(1);
});

test("a folder of versions is one model, of which the newest is meant; models named by numbers stay models", async () => {
  const folder = modelsFolder({
    "digits/2/model.onnx": model,
    "digits/10/model.onnx": model,
    "digits/a.txt": "",
  });
  const digits = join(folder, "digits");
  expect(list(await scanFolder(digits))).toEqual(["digits:10", "digits:2"]);
  const opened = await openSource(digits);
  await opened.close();
  expect({ name: opened.name, path: opened.path }).toEqual({
    name: "digits",
    path: join(digits, "10/model.onnx"),
  });
  const numbers = modelsFolder({ "1/1/model.onnx": model, "2/7/model.onnx": model });
  expect(list(await scanFolder(numbers))).toEqual(["1:1", "2:7"]);
});

test("what is wrong with one model is said of that model alone", async () => {
  const folder = modelsFolder({
    "good/1/model.onnx": model,
    "typo/model.yaml": "tasck: x\n",
    "typo/1/model.onnx": model,
    "two/1/a.onnx": model,
    "two/1/b.onnx": model,
    "preferred/1/model.onnx": model,
    "preferred/1/other.onnx": model,
    "first/model.yaml": "name: twin\n",
    "first/1/model.onnx": model,
    "second/model.yaml": "name: twin\n",
    "second/1/model.onnx": model,
  });
  mkdirSync(join(folder, "empty/1"), { recursive: true });
  expect(list(await scanFolder(folder))).toEqual([
    "empty:1 MODEL_NOT_IN_FOLDER",
    "good:1",
    "preferred:1",
    "twin:1",
    "twin:1 MODEL_NAME_TAKEN",
    "two:1 MODEL_SEVERAL_IN_FOLDER",
    "typo:1 CONTRACT_YAML_KEY",
  ]);
});

test("a folder without models is empty; one that is not there is an error", async () => {
  expect(await scanFolder(modelsFolder({}))).toEqual([]);
  await expect(scanFolder("/nowhere/at/all")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});

/** Folders as their own tools write them, by the names in them. */
const FOREIGN: readonly (readonly [what: string, files: readonly string[], says: RegExp])[] = [
  ["TensorFlow", ["saved_model.pb", "fingerprint.pb", "variables/variables.index"], /SavedModel/],
  ["TensorFlow.js", ["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"], /TensorFlow\.js/],
  ["Keras", ["config.json", "metadata.json", "model.weights.h5"], /Keras/],
  ["Transformers", ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"], /Transformers/],
  ["Transformers, sharded", ["config.json", "pytorch_model-00001-of-00002.bin"], /Transformers/],
  ["Diffusers", ["model_index.json", "unet/config.json", "unet/a.safetensors"], /Diffusers/],
  ["PEFT", ["adapter_config.json", "adapter_model.safetensors"], /adapter/],
  ["MLX", ["config.json", "weights.npz"], /MLX/],
  ["OpenVINO", ["model.xml", "model.bin"], /OpenVINO/],
  ["PaddlePaddle", ["inference.pdmodel", "inference.pdiparams"], /PaddlePaddle/],
  ["Core ML", ["Manifest.json", "Data/com.apple.CoreML/model.mlmodel"], /Core ML/],
  ["Core ML, compiled", ["coremldata.bin", "model.mil"], /Core ML/],
  ["MLflow", ["MLmodel", "model.pkl", "conda.yaml"], /MLflow/],
  ["ncnn", ["yolo.param", "yolo.bin"], /ncnn/],
  ["Caffe", ["deploy.prototxt", "net.caffemodel"], /Caffe/],
  ["Darknet", ["yolov4.cfg", "yolov4.weights"], /Darknet/],
  ["TensorFlow 1", ["checkpoint", "model.ckpt.index", "model.ckpt.data-00000-of-00001"], /checkpoint/],
  ["llama.cpp", ["llama-q4.gguf"], /GGUF/],
  ["weights alone", ["a.safetensors", "b.safetensors"], /safetensors/],
];

test.each(FOREIGN)(
  "a folder of %s is named as what it is, with what can be done",
  async (_what, files, says) => {
    const content = Object.fromEntries(files.map((name) => [name, "x"]));
    await expect(openSource(modelsFolder(content))).rejects.toMatchObject({
      code: "MODEL_FORMAT_LATER",
      message: expect.stringMatching(says),
      hint: expect.stringMatching(/\w+ .*\.$/),
    });
    // Among others in a models folder it is listed with the same reason, and as a version.
    const inside = Object.fromEntries(files.map((name) => [`odd/${name}`, "x"]));
    const version = Object.fromEntries(files.map((name) => [`served/2/${name}`, "x"]));
    const found = await scanFolder(modelsFolder({ ...inside, ...version, "good/1/model.onnx": model }));
    expect(list(found)).toEqual(["good:1", "odd:1 MODEL_FORMAT_LATER", "served:2 MODEL_FORMAT_LATER"]);
    for (const each of found) if ("error" in each) expect(String(each.error)).toMatch(says);
  },
);

test("a folder whose one file is no format that is read: the file is meant, and says what it is", async () => {
  const opened = openSource(modelsFolder({ "readme.md": "x", "net.cbm": "CBM1 and so on" }));
  await expect(opened).rejects.toMatchObject({ code: "MODEL_FORMAT_LATER", message: /CatBoost/ });
  await expect(openSource(modelsFolder({ "1/config.pbtxt": "", "a.json": "{}" }))).rejects.toMatchObject({
    code: "MODEL_NOT_IN_FOLDER",
  });
});

test("what can be read stands before what cannot", async () => {
  const both = { "config.json": "{}", "model.safetensors": "x", "onnx/model.onnx": model };
  expect(list(await scanFolder(modelsFolder(both)))).toEqual(["onnx:1"]);
  expect(list(await scanFolder(modelsFolder({ "a.onnx": model, "a.xml": "x", "a.bin": "x" })))).toEqual([
    "a:1",
  ]);
});
