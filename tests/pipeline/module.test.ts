import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadOpened, openSource } from "../../src/run/pipeline/index.ts";
import { answerOf, bytes, json, MNIST, ROOT } from "../tasks/task.ts";
import { folderOf } from "./folders.ts";

const SEVEN = readFileSync(join(ROOT, "examples/models/mnist/seven.png"));
const MODEL = `model: ${join(MNIST, "1/mnist-8.onnx")}\n`;
const SEVERAL =
  "answer: { type: object, required: [digit, sure], properties: { digit: { type: integer }, sure: { type: boolean } } }\n";

async function load(module: string, yaml = "") {
  const folder = folderOf({
    "model.yaml": `name: digits\n${MODEL.replace("model: /", "model: ../../../../../../../../../../../../")}${yaml}`,
    "module.ts": module,
  });
  const model = await loadOpened(await openSource(folder));
  onTestFinished(() => model.close());
  return model;
}

test("before and after stand around the task, and know contract and options", async () => {
  const model = await load(
    `
    export function before(given: { image: { url: string } }, { contract, model }) {
      if (model !== "digits" || !contract.inputs) throw new Error("no context");
      return { image: given.image.url };
    }
    export function after(classes: { label: string; score: number }[], { options }: { options: { least?: number } }) {
      return { digit: Number(classes[0].label), sure: classes[0].score > (options.least ?? 0.5) };
    }`,
    SEVERAL,
  );
  const url = `data:image/png;base64,${SEVEN.toString("base64")}`;
  const { value } = await answerOf(model.predict(json({ url })));
  expect(value).toEqual({ digit: 7, sure: true });
  expect((await answerOf(model.predict(json({ image: { url } }), undefined, { least: 2 }))).value).toEqual({
    digit: 7,
    sure: false,
  });
  expect(model.task.answer).toMatchObject({ required: ["digit", "sure"] });
  expect(model.task.print(value)).toContain('"digit": 7');
});

test("without `answer`, what after gives is held to the task", async () => {
  const model = await load("export const after = (classes) => classes.filter(({ score }) => score > 0.5);");
  const { value } = await answerOf<{ label: string }[]>(model.predict(bytes(SEVEN)));
  expect(value.map(({ label }) => label)).toEqual(["7"]);
  expect(model.task.print(value)).toContain("7");
});

test.each([
  [
    "export const after = () => [{ label: 'x' }];",
    "",
    "after",
    /nothing at \[0\]\.score, where a number belongs/,
  ],
  [
    "export const after = () => ({ digit: 7.5, sure: true });",
    SEVERAL,
    "after",
    /number 7.5 at digit, where a whole number/,
  ],
  // What `answer` does not describe.
  [
    "export const after = () => ({ digit: 7, sure: true, more: [{ of: 5n }] });",
    SEVERAL,
    "after",
    /gave a bigint at more\[0\]\.of, where a number/,
  ],
  [
    "export const after = () => { const all = { digit: 7, sure: true }; all.all = { all }; return all; };",
    SEVERAL,
    "after",
    /gave what holds itself at all\.all, where plain data/,
  ],
  ["export const before = () => ({ picture: 1 });", "", "before", /nothing at \w+, where a picture belongs/],
  ["export const before = () => undefined;", "", "before", /nothing at the top, where an object/],
])("the wrong shape is named: %s", async (module, yaml, call, message) => {
  const model = await load(module, yaml);
  await expect(answerOf(model.predict(bytes(SEVEN)))).rejects.toMatchObject({
    code: "MODULE_SHAPE",
    details: { call, file: "module.ts" },
    message: expect.stringMatching(message),
  });
});

test("a module that exports neither is refused, and so is a description of an answer that is none", async () => {
  await expect(load("export const run = () => 1;")).rejects.toMatchObject({ code: "MODULE_EXPORT" });
  await expect(load("export const after = (x) => x;", "answer:\n  typ: object\n")).rejects.toMatchObject({
    code: "CONTRACT_YAML_KEY",
    where: expect.stringMatching(/model\.yaml:4:3$/),
    message: expect.stringContaining("did you mean type?"),
  });
});
