// diff on the command line.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesOfModel } from "../model/evaluate.ts";
import { build } from "../model/passes/build.ts";
import { emptyFolder, modelyard, ROOT } from "./modelyard.ts";

const MNIST = join(ROOT, "examples/models/mnist");

test("what changed, for a person and for a program; it is no error unless that is asked for", async () => {
  const folder = emptyFolder();
  await modelyard(["convert", MNIST, "small.onnx", "--simplify"], {}, folder);
  const text = await modelyard(["diff", MNIST, "small.onnx"], {}, folder);
  expect(text.stderr).toBe("");
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/^From mnist-8\.onnx to small\.onnx: \d+ operators gone, /);
  expect(text.stdout).toMatch(/gone: 2 Add \(Plus30, Plus112\)/);
  expect(text.stdout).toMatch(/answers to 3 sets of made-up inputs\n {4}Plus214_Output_0: /);
  const json = await modelyard(
    ["diff", MNIST, "small.onnx", "--json", "--exit-code", "--no-answers"],
    {},
    folder,
  );
  expect(json.stderr).toBe("");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    same: false,
    signature: [],
    answers: { reason: "they were left out" },
  });
});

test("the same model is the same, and exits with 0", async () => {
  const { code, stdout } = await modelyard(["diff", MNIST, MNIST, "--exit-code"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/is the same model as .*; the same answers\n/);
});

test("where no weight is on both sides, none is called the same", async () => {
  const folder = emptyFolder();
  for (const [name, weight] of [
    ["a.onnx", 1],
    ["none.onnx", null],
  ] as const) {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2]);
      b.output(weight === null ? b.node("Relu", [x]) : b.node("Mul", [x, b.weights(Array(weight).fill(1))]));
    });
    writeFileSync(join(folder, name), await bytesOfModel(model));
  }
  const [gone, none] = await Promise.all([
    modelyard(["diff", "a.onnx", "none.onnx", "--no-answers"], {}, folder),
    modelyard(["diff", "none.onnx", "none.onnx", "--no-answers"], {}, folder),
  ]);
  expect(gone.stdout).toMatch(/^ {2}weights: none on both sides\n {4}gone: 1 \(/m);
  expect(none.stdout).toMatch(/^ {2}weights: none on either side$/m);
});

test("a file that is not there", async () => {
  const { code, stderr } = await modelyard(["diff", MNIST, "nowhere.onnx", "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr).error.code).toBe("FILE_NOT_FOUND");
});
