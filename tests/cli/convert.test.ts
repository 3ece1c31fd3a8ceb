// convert on the command line: what it prints, what it leaves, and what it says where it cannot.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesOfModel } from "../model/evaluate.ts";
import { build } from "../model/passes/build.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats } from "../runtime/tensors.ts";
import { emptyFolder, modelyard, ROOT } from "./modelyard.ts";

const FOLDER = join(ROOT, "examples/models/mnist");
const MNIST = join(FOLDER, "1/mnist-8.onnx");
const digit = floats(
  Array.from({ length: 784 }, (_, i) => (i * 31) % 256),
  [1, 1, 28, 28],
);

test("a person reads what was done, and that it was verified", async () => {
  const folder = emptyFolder();
  const { code, stdout, stderr } = await modelyard(
    ["convert", FOLDER, "small.onnx", "--simplify", "--verify"],
    {},
    folder,
  );
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^small\.onnx is written: \d+ operators where mnist-8\.onnx has 12, verified\n/);
  expect(stdout).toMatch(/operators +12 +\d+\n/);
  // Each step says what it changed.
  const done = /what was done\n((?: {4}.*\n)+)/.exec(stdout)?.[1] ?? "";
  expect(done).toMatch(/^ {4}fold-constants \(.*\+1 weight.*\): /m);
  expect(done).toMatch(/^ {4}dead-code \(−\d+, −\d+ weights\): /m);
  expect(stdout).toMatch(/verified: yes, .* to 3 sets of made-up inputs/);
  expect(readdirSync(folder)).toEqual(["small.onnx"]);
});

test("what takes no node out says what it changed", async () => {
  const folder = emptyFolder();
  const model = build(17, (b) => {
    const inputs = [b.input("x", "float32", [5, 1, 3]), b.weights([1, 4, 3]), b.weights([1, 4, 4])];
    const zeros = b.constant("float32", [1, 1, 4], [0, 0, 0, 0]);
    b.output(b.node("RNN", [...inputs, null, null, zeros], { hidden_size: { kind: "int", value: 4n } }));
  });
  writeFileSync(join(folder, "in.onnx"), await bytesOfModel(model));
  const { stdout } = await modelyard(["convert", "in.onnx", "out.onnx", "--simplify"], {}, folder);
  expect(stdout).toMatch(/^out\.onnx is written: 1 operator, as in\.onnx has\n/);
  expect(stdout).toMatch(/what was done\n(?: {4}.*\n)* {4}zero-states \(1 changed\): No recurrent operator/);
});

test("what was to be verified and could not be is written with a warning, unless it is required", async () => {
  const folder = emptyFolder();
  const bfloat16 = join(ROOT, "tests/fixtures/runtime/bfloat16.onnx");
  const { code, stdout, stderr } = await modelyard(["convert", bfloat16, "a.onnx", "--verify"], {}, folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^a\.onnx is written: .*, NOT verified\n/);
  expect(stderr).toBe(
    "warning: the result is written and not verified; with --require-verified it would not be\n",
  );
  const json = await modelyard(["convert", bfloat16, "b.onnx", "--verify", "--json"], {}, folder);
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout).verify).toMatchObject({ verified: false, failure: null });
  expect(JSON.parse(json.stderr)).toEqual({ warning: expect.stringContaining("not verified") });
  const refused = await modelyard(
    ["convert", bfloat16, "c.onnx", "--require-verified", "--json"],
    {},
    folder,
  );
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stderr).error).toMatchObject({ code: "CONVERT_UNVERIFIED" });
  expect(readdirSync(folder).sort()).toEqual(["a.onnx", "b.onnx"]);
  const mnist = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");
  expect((await modelyard(["convert", mnist, "d.onnx", "--require-verified"], {}, folder)).code).toBe(0);
});

test("a program gets the report as JSON", async () => {
  const folder = emptyFolder();
  const args = ["convert", MNIST, "out.onnx", "--external", "--verify", "--json"];
  const { code, stdout, stderr } = await modelyard(args, {}, folder);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    format: "onnx",
    path: join(folder, "out.onnx"),
    files: [{ name: "out.onnx" }, { name: "out.onnx.data" }],
    changes: [],
    approximations: [],
    before: { parameters: 5_998, nodes: 12, opsets: { "ai.onnx": 8 } },
    after: { parameters: 5_998, nodes: 12, opsets: { "ai.onnx": 8 } },
    verify: { verified: true, reason: null, outputs: [{ name: "Plus214_Output_0", identical: true }] },
  });
  expect(await bareRun(join(folder, "out.onnx"), { Input3: digit })).toEqual(
    await bareRun(MNIST, { Input3: digit }),
  );
});

test("inputs that are given are the ones on which it is verified", async () => {
  const folder = emptyFolder();
  const input = join(folder, "zeros.json");
  writeFileSync(input, JSON.stringify([[Array(28).fill(Array(28).fill(0))]]));
  const args = ["convert", MNIST, "out.onnx", "--input", `Input3=${input}`, "--json"];
  const { stdout } = await modelyard(args, {}, folder);
  expect(JSON.parse(stdout).verify).toMatchObject({ verified: true, given: true, draws: 1 });
});

test.each([
  [["convert", MNIST, "out.txt"], "MODEL_FORMAT_NO_WRITER"],
  [["convert", MNIST, "nowhere/out.onnx"], "CONVERT_OUTPUT"],
  [["convert", MNIST, "out.onnx", "--fix-dim", "batch"], "CONVERT_OPTION"],
  [["convert", MNIST, "out.onnx", "--fix-dim", "batch=many"], "CONVERT_OPTION"],
  [["convert", MNIST, "out.onnx", "--opset", "latest"], "CONVERT_OPTION"],
  [["convert", MNIST, "out.onnx", "--verify", "--tolerance", "little"], "CONVERT_OPTION"],
  [["convert", MNIST, "out.onnx", "--verify", "--tolerance", ""], "CONVERT_OPTION"],
  [["convert", MNIST, "out.onnx", "--verify", "--tolerance", "Infinity"], "CONVERT_OPTION"],
  [["convert", MNIST, "out.onnx", "--tolerance", "1e-3"], "CONVERT_OPTION_ALONE"],
  [["convert", MNIST, "out.onnx", "--fix-dim", "batch=1", "--fix-dim", "batch=2"], "CONVERT_OPTION"],
  [["convert", MNIST, "out.onnx", "--input", "nobody=x.npy"], "RUN_COMMAND_NO_SUCH_INPUT"],
])("%j", async (args, code) => {
  const folder = emptyFolder();
  const ended = await modelyard([...args, "--json"], {}, folder);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toBe("");
  const { error } = JSON.parse(ended.stderr);
  expect(error.code).toBe(code);
  expect(error.hint).not.toBe("");
  expect(readdirSync(folder)).toEqual([]);
});

test.each(["convert", "diff", "run"])("%s --help says nothing of defaults that are empty", async (name) => {
  const { code, stdout } = await modelyard([name, "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("--input <name=file>");
  expect(stdout).not.toContain("[]");
});

test("what says what the tensors mean stays behind, and the report says so", async () => {
  const folder = emptyFolder();
  const report = async (out: string) =>
    JSON.parse((await modelyard(["convert", FOLDER, out, "--json"], {}, folder)).stdout) as {
      notes: string[];
    };
  expect((await report("out.onnx")).notes).toEqual([
    expect.stringMatching(/^model\.yaml stays beside the original/),
  ]);
  writeFileSync(join(folder, "labels.txt"), "zero\n");
  copyFileSync(MNIST, join(folder, "in.onnx"));
  const { stdout } = await modelyard(["convert", "in.onnx", "out.onnx", "--json"], {}, folder);
  expect(JSON.parse(stdout).notes).toEqual([]);
  mkdirSync(join(folder, "out"));
  const other = await modelyard(["convert", "in.onnx", "out/out.onnx", "--json"], {}, folder);
  expect(JSON.parse(other.stdout).notes).toEqual([expect.stringMatching(/^labels\.txt stays/)]);
});

test("Ctrl-C ends it by that signal and leaves nothing", async () => {
  const folder = emptyFolder();
  copyFileSync(MNIST, join(folder, "in.onnx"));
  const before = readdirSync(folder);
  const bin = join(ROOT, "bin/modelyard.js");
  for (const after of [150, 300, 450, 600]) {
    const child = spawn(
      process.execPath,
      [bin, "convert", "in.onnx", "out.onnx", "--external", "--simplify", "--verify"],
      {
        cwd: folder,
      },
    );
    const ended = new Promise<NodeJS.Signals | number | null>((done) =>
      child.once("close", (code, signal) => done(signal ?? code)),
    );
    await new Promise((done) => setTimeout(done, after));
    child.kill("SIGINT");
    // Where it was done before the signal came, or had but to end, there is a whole result.
    const how = await ended;
    const left = readdirSync(folder).sort();
    if (how === 0 || left.length > before.length) {
      expect(left).toEqual(["in.onnx", "out.onnx", "out.onnx.data"]);
      expect([0, "SIGINT"]).toContain(how);
      break;
    }
    expect(how).toBe("SIGINT");
    expect(left).toEqual(before);
  }
});
