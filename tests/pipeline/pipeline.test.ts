import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parsePipelineYaml } from "../../src/run/pipeline/graph/file.ts";
import { findPipeline, loadPipeline, openSource } from "../../src/run/pipeline/index.ts";
import type { TaskEvent } from "../../src/run/tasks/index.ts";
import { packageFile } from "../models.ts";
import { UMLAUTS_PNG, WORD_PNG } from "../packages.ts";
import { answerOf, bytes, json, MNIST, ROOT } from "../tasks/task.ts";
import { folderOf } from "./folders.ts";

const SEVEN = readFileSync(join(ROOT, "examples/models/mnist/seven.png"));

async function load(files: Record<string, string>) {
  const found = await findPipeline(folderOf(files));
  if (!found) throw new Error("no pipeline was found");
  const pipeline = await loadPipeline(found);
  onTestFinished(() => pipeline.close());
  return pipeline;
}

const CODE = `
  export const list = ({ count }: { count: number }) => Array.from({ length: count }, (_, i) => i);
  export const double = (n: number) => 2 * n;
  export const fails = (n: number) => { if (n === 2) throw new Error("two is too much"); return n; };
  export const sum = ({ a, b }: { a: number[]; b: number[] }) => [...a, ...b].reduce((x, y) => x + y, 0);
  export const size = ({ picture }: { picture: { width: number; height: number; channels: number } }) =>
    [picture.width, picture.height];
  export const text = () => "text";
`;

test("steps are run behind what they need, entry by entry where it is a list, each timed", async () => {
  const pipeline = await load({
    "pipeline.yaml": `
input: json
steps:
  total: { code: code.ts, call: sum, input: { a: list, b: doubled } }
  doubled: { code: code.ts, call: double, each: list }
  list: { code: code.ts, call: list, gives: { type: array, items: { type: integer } } }
output: { total: total, doubled: doubled }
`,
    "code.ts": CODE,
  });
  let last: TaskEvent | undefined;
  for await (const event of pipeline.predict(json({ count: 4 }))) last = event;
  expect(last).toMatchObject({ type: "answer", value: { total: 18, doubled: [0, 2, 4, 6] } });
  expect(last?.type === "answer" && last.steps?.map(({ step }) => step)).toEqual([
    "list",
    "doubled",
    "total",
  ]);
  expect(pipeline.stats().map(({ step, runs, failed }) => [step, runs, failed])).toEqual([
    ["list", 1, 0],
    ["doubled", 1, 0],
    ["total", 1, 0],
  ]);
  expect(pipeline.answer).toMatchObject({ type: "object", required: ["total", "doubled"] });
  // An option of one step, and an empty list.
  expect((await answerOf(pipeline.predict(json({ count: 0 })))).value).toEqual({ total: 0, doubled: [] });
  await expect(answerOf(pipeline.predict(json({ count: 1_001 })))).rejects.toMatchObject({
    code: "PIPELINE_TOO_MANY",
    where: "step doubled",
  });
});

test("a model and a function: pictures come as pixels, errors name the step", async () => {
  const pipeline = await load({
    "pipeline.yaml": `
input: image
steps:
  digit: { model: "${MNIST}", options: { top: 1 } }
  size: { code: code.ts, call: size, input: { picture: input }, takes: { picture: { type: image } } }
output: { digit: digit, size: size }
`,
    "code.ts": CODE,
  });
  const { value } = await answerOf(pipeline.predict(bytes(SEVEN)));
  expect(value).toMatchObject({ digit: [{ label: "7" }], size: [224, 224] });
  await expect(answerOf(pipeline.predict(bytes(Buffer.from("no picture"))))).rejects.toMatchObject({
    code: "MEDIA_PICTURE_UNKNOWN",
    where: expect.stringMatching(/^step (digit|size)$/),
  });
  await expect(answerOf(pipeline.predict(json({ image: 1 })))).rejects.toMatchObject({
    code: "TASK_INPUT_KIND",
    message: "The pipeline takes a picture and was given an object with image.",
  });
  const options = { digit: { top: 2 } };
  const two = await answerOf<{ digit: unknown[] }>(pipeline.predict(bytes(SEVEN), undefined, options));
  expect(two.value.digit).toHaveLength(2);
});

test("a function's own error names step and entry, and keeps its stack as the cause", async () => {
  const pipeline = await load({
    "pipeline.yaml":
      "input: json\nsteps:\n  list: { code: code.ts, call: list }\n  picky: { code: code.ts, call: fails, each: list }\n",
    "code.ts": CODE,
  });
  await expect(answerOf(pipeline.predict(json({ count: 4 })))).rejects.toMatchObject({
    code: "MODULE_FAILED",
    where: "step picky[2]",
    message: "fails of code.ts failed: two is too much",
    cause: { stack: expect.stringContaining("code.ts:4") },
  });
  expect(pipeline.stats().map(({ failed }) => failed)).toEqual([0, 1]);
});

test("functions may hand each other anything, and what is answered is JSON", async () => {
  const pipeline = await load({
    "pipeline.yaml": `
input: json
steps:
  big: { code: big.ts, call: big }
  small: { code: big.ts, call: small, input: big }
  deep: { code: big.ts, call: deep, input: input }
output: { small: small, chosen: deep }
`,
    "big.ts": `
export const big = ({ count }) => BigInt(count);
export const small = (big) => Number(big);
export const deep = ({ levels }) => { let all = 1; for (let i = 0; i < levels; i++) all = [all]; return all; };
`,
  });
  expect((await answerOf(pipeline.predict(json({ count: 4, levels: 1 })))).value).toEqual({
    small: 4,
    chosen: [1],
  });
  await expect(answerOf(pipeline.predict(json({ count: 4, levels: 2_000 })))).rejects.toMatchObject({
    code: "MODULE_SHAPE",
    where: "step deep",
    message: expect.stringMatching(/^deep of big\.ts gave more than 1000 levels at \[0\]/),
  });
});

test("what a function gives is held to what was said, and parts that are not there are named", async () => {
  const pipeline = await load({
    "pipeline.yaml": `
input: json
steps:
  words: { code: code.ts, call: text, gives: { type: string } }
  part: { code: code.ts, call: double, input: input.inner.number }
  wrong: { code: code.ts, call: double, input: input.number, gives: { type: string } }
`,
    "code.ts": CODE,
  });
  await expect(answerOf(pipeline.predict(json({ number: 1 })))).rejects.toMatchObject({
    code: "PIPELINE_VALUE",
    where: "step part",
    message: expect.stringContaining("at input.inner.number"),
  });
  await expect(answerOf(pipeline.predict(json({ number: 1, inner: { number: 1 } })))).rejects.toMatchObject({
    code: "MODULE_SHAPE",
    where: "step wrong",
    message: expect.stringContaining("the number 2"),
  });
});

test("steps of one file share what it holds, and each is told which step it is", async () => {
  const pipeline = await load({
    "pipeline.yaml": `
input: json
steps:
  a: { code: code.ts, call: mark }
  b: { code: code.ts, call: mark, input: a }
  slow: { code: code.ts, call: mark, input: b, deadline_ms: 60000 }
`,
    "code.ts": `
const own: unknown[] = [];
export function mark(_: unknown, context: { step: string }) {
  own.push(context.step);
  return own;
}`,
  });
  // Another deadline is another thread's.
  expect(await answerOf(pipeline.predict(json({})))).toMatchObject({ value: ["slow"] });
  expect(pipeline.stats().map(({ failed }) => failed)).toEqual([0, 0, 0]);
  const both = await load({
    "pipeline.yaml": `
input: json
steps:
  a: { code: code.ts, call: mark }
  b: { code: code.ts, call: mark, input: a }
`,
    "code.ts": `
const own: unknown[] = [];
export function mark(_: unknown, context: { step: string }) {
  own.push(context.step);
  return own;
}`,
  });
  expect(await answerOf(both.predict(json({})))).toMatchObject({ value: ["a", "b"] });
});

test("an entry of a list is a part of it, also in what is known of its type", async () => {
  const pipeline = await load({
    "pipeline.yaml": `
input: image
steps:
  read: { model: ${MNIST}, input: input }
  best: { code: code.ts, call: label, input: read.0.label, takes: { type: string }, gives: { type: string } }
`,
    "code.ts": "export const label = (text: string) => 'it is ' + text;",
  });
  expect(await answerOf(pipeline.predict(bytes(SEVEN)))).toMatchObject({ value: "it is 7" });
});

test("options go to steps that there are, and to no others; those of a task are known when it is loaded", async () => {
  const steps = `input: image\nsteps:\n  constructor: { model: ${MNIST} }\n  echo: { code: code.ts, input: constructor }\n`;
  const code = "export const run = (_: unknown, { options }: { options: object }) => options;";
  const pipeline = await load({ "pipeline.yaml": steps, "code.ts": code });
  const ask = (parameters: object) => answerOf(pipeline.predict(bytes(SEVEN), undefined, { ...parameters }));
  expect(await ask({ echo: { of: "mine" }, constructor: { top: 1 } })).toMatchObject({
    value: { of: "mine" },
  });
  expect(await ask({})).toMatchObject({ value: {} });
  for (const wrong of [{ top: 3 }, { echo: 5 }, { echo: [1] }, { constructor: null }])
    await expect(ask(wrong)).rejects.toMatchObject({
      code: "PIPELINE_OPTIONS",
      hint: expect.stringContaining("constructor, echo"),
    });
  await expect(ask({ constructor: { tops: 1 } })).rejects.toMatchObject({
    code: "TASK_OPTION_UNKNOWN",
    where: "step constructor",
  });
  const misspelt = `input: image\nsteps:\n  read: { model: ${MNIST}, options: { tops: 1 } }\n`;
  await expect(load({ "pipeline.yaml": misspelt })).rejects.toMatchObject({
    code: "TASK_OPTION_UNKNOWN",
    where: expect.stringContaining("step read"),
  });
});

const STEP = "{ code: code.ts, call: double, input: ";
test.each([
  [
    "PIPELINE_CYCLE",
    /a → b → c → a|b → c → a → b|c → a → b → c/,
    `a: ${STEP}c }\n  b: ${STEP}a }\n  c: ${STEP}b }`,
  ],
  ["PIPELINE_CYCLE", /a → a/, `a: ${STEP}a }`],
  ["PIPELINE_REFERENCE", /step b takes nobody/, `a: ${STEP}input }\n  b: ${STEP}nobody }`],
  ["PIPELINE_REFERENCE", /takes a\.scores/, `a: { model: "${MNIST}" }\n  b: ${STEP}a.scores }`],
  ["PIPELINE_MODULE_MISSING", /step b is nowhere/, `a: ${STEP}input }\n  b: { model: nowhere }`],
  ["PIPELINE_MODULE_MISSING", /step b is none\.ts/, `a: ${STEP}input }\n  b: { code: none.ts }`],
  [
    "PIPELINE_TYPES",
    /step b takes a picture and is given a text by a/,
    `a: { code: code.ts, call: text, gives: { type: string } }\n  b: { model: "${MNIST}", input: a }`,
  ],
  [
    "PIPELINE_TYPES",
    /takes a list.* and is given a text by a/,
    `a: { code: code.ts, call: text, gives: { type: string } }\n  b: { code: code.ts, call: double, each: a }`,
  ],
  [
    "PIPELINE_TYPES",
    /step b takes a number and is given a text by a/,
    `a: { code: code.ts, call: text, gives: { type: string } }\n  b: { code: code.ts, call: sum, input: { n: a, m: input }, takes: { n: { type: number } } }`,
  ],
  ["PIPELINE_TYPES", /step output/, `a: { code: code.ts, call: text, gives: { type: image } }`],
  ["MODULE_EXPORT", /a function gone/, `b: { code: code.ts, call: gone }`],
])("refused at load, with the step: %s %s", async (code, message, steps) => {
  const loading = load({ "pipeline.yaml": `input: json\nsteps:\n  ${steps}\n`, "code.ts": CODE });
  await expect(loading).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    where: expect.stringMatching(/step [abc]|output/),
  });
});

test.each([
  ["steps: { a: { code: x } }", /:1:1$/, /input is missing/],
  ["input: json", /:1:1$/, /steps is missing/],
  ["input: jason\nsteps: {}", /:1:8$/, /none of image, audio, text, json/],
  ["input: json\nsteps:\n  a: { code: x, model: y }", /:3:6$/, /either a model or code/],
  [
    "input: json\nsteps:\n  a: { model: y, gives: { type: image } }",
    /:3:6$/,
    /gives belongs to a step of code/,
  ],
  ["input: json\nsteps:\n  a: { code: x, input: input, each: input }", /:3:6$/, /either input or each/],
  ["input: json\nsteps:\n  a: { code: x, imput: input }", /:3:17$/, /did you mean input\?/],
  ["input: json\nsteps:\n  input: { code: x }", /:3:3$/, /not called input/],
  ["input: json\nsteps:\n  a: { code: x, deadline_ms: never }", /:3:30$/, /no whole number/],
  ["input: json\nsteps: {}", /:2:8$/, /0 steps/],
  ["", /:1:1$/, /input is missing/],
])("a mistake in pipeline.yaml is told with line and key: %s", (text, where, message) => {
  const read = () => parsePipelineYaml(text, "pipeline.yaml");
  try {
    read();
  } catch (error) {
    expect(error).toMatchObject({
      code: "CONTRACT_YAML_KEY",
      where: expect.stringMatching(where),
      message: expect.stringMatching(message),
    });
    return;
  }
  throw new Error("it was taken");
});

test("what takes a model says that a pipeline is none", async () => {
  const folder = folderOf({ "pipeline.yaml": "input: json\nsteps: { a: { code: code.ts } }" });
  await expect(openSource(folder)).rejects.toMatchObject({ code: "PIPELINE_NO_MODEL" });
});

test("the pipeline of the examples reads tesseract.js-node's two pictures", async (context) => {
  const files = [
    ["Cool", await readFile(await packageFile(context, ...WORD_PNG))],
    ["Mörkö", await readFile(await packageFile(context, ...UMLAUTS_PNG))],
  ] as const;
  const found = await findPipeline(join(ROOT, "examples/models/ocr"));
  if (!found) throw new Error("the example is gone");
  const ocr = await loadPipeline(found);
  onTestFinished(() => ocr.close());
  for (const [text, file] of files) {
    const { value } = await answerOf<{ text: string; lines: { score: number }[] }>(ocr.predict(bytes(file)));
    expect(value.text).toBe(text);
    expect(value.lines[0]?.score).toBeGreaterThan(0.75);
  }
  const page = readFileSync(join(ROOT, "tests/fixtures/tasks/text-page.png"));
  const { value } = await answerOf<{ text: string }>(ocr.predict(bytes(page)));
  expect(value.text.split("\n").sort()).toEqual(["Upright", "beside", "falling", "rising", "turned a bit"]);
});
