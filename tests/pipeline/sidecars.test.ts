// Files of settings beside a model that cannot be read: the model answers without them, and everybody is told.
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { modelyard } from "../cli/modelyard.ts";
import { MNIST, modelsFolder, SEVEN } from "./models-folder.ts";

const model = { copy: MNIST };

test.each([
  ["cut off", '{"id2label": {"0": "zero",', "it is no JSON at position 26"],
  ["empty", "", "it is no JSON"],
  ["a web page", "<html>", "it is no JSON"],
  ["a list", "[1, 2]", "it is no JSON object"],
  ["null", "null", "it is no JSON object"],
])("one that is %s is named with what is wrong", async (_what, text, problem) => {
  const folder = modelsFolder({ "model.onnx": model, "config.json": text });
  const opened = await openSource(join(folder, "model.onnx"));
  await opened.close();
  const warning = `config.json beside the model is not heeded: ${problem}.`;
  expect(opened.warnings).toEqual([warning]);
  expect(opened.model.notes).toContain(warning);
});

test("run warns on stderr, and the server notes it with the model's name", async () => {
  const folder = modelsFolder({
    "digits/1/model.onnx": model,
    "digits/1/preprocessor_config.json": "{'a': 1}",
  });
  const warning = "preprocessor_config.json beside the model is not heeded: it is no JSON at position 1.";
  const { code, stdout, stderr } = await modelyard(["run", join(folder, "digits"), SEVEN, "--json"]);
  expect([code, JSON.parse(stdout)[0].label]).toEqual([0, "7"]);
  expect(JSON.parse(stderr)).toEqual({ warning });
  const notes: string[] = [];
  const catalogue = await openCatalogue(folder, { onNote: (note) => notes.push(note) });
  onTestFinished(() => catalogue.close());
  await expect.poll(() => catalogue.status().map(({ state }) => state)).toEqual(["ready"]);
  expect(notes).toEqual([`digits: ${warning}`]);
});

test("what is right, or not there, is no matter for words", async () => {
  const folder = modelsFolder({ "model.onnx": model, "config.json": "{}" });
  const opened = await openSource(join(folder, "model.onnx"));
  await opened.close();
  expect(opened.warnings).toEqual([]);
});
