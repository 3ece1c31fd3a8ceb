// What a models folder holds, found without reading any model.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Broken, type Found, scanFolder } from "../../src/run/pipeline/folder.ts";
import { MNIST, modelsFolder } from "./models-folder.ts";

const model = { copy: MNIST };

/** `name:version` of each, sorted; those that are broken with the code of the reason. */
function list(found: readonly (Found | Broken)[]): string[] {
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
  expect(list(await scanFolder(folder))).toEqual(
    ["bare:1", "linked:1", "odd name: ä:1", "single:1", "versions:10", "versions:1", "versions:2"].sort(),
  );
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
