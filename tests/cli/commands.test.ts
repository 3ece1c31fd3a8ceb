import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/table.ts";
import { HOSTILE } from "../model/hostile/set.ts";
import { emptyFolder, modelyard } from "./modelyard.ts";

const MNIST = "examples/models/mnist";

test("--version prints the package's version", async () => {
  const { code, stdout } = await modelyard(["--version"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("every command has help with an example", async () => {
  for (const { name } of COMMANDS) {
    const { code, stdout } = await modelyard([name, "--help"]);
    expect(code, name).toBe(0);
    expect(stdout, name).toContain(`$ modelyard ${name}`);
    expect(stdout, name).toContain("--json");
  }
});

test.each([
  [["inspct", MNIST], "unknown command"],
  [["inspect", MNIST, "--frobnicate"], "unknown option"],
  [["inspect"], "missing required argument"],
  [[], "Usage"],
])("a wrong command line exits with 2: %j", async (args, says) => {
  const { code, stdout, stderr } = await modelyard(args);
  expect(code).toBe(2);
  expect(stdout + stderr).toContain(says);
});

test("with --json a usage error is JSON on stderr, and stdout stays empty", async () => {
  const { code, stdout, stderr } = await modelyard(["inspect", "--json"]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(JSON.parse(stderr).error).toMatchObject({ code: "USAGE" });
});

test("a missing file exits with 1 and says what, where and what to do", async () => {
  const { code, stdout, stderr } = await modelyard(["inspect", "nowhere.onnx", "--json"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  const { error } = JSON.parse(stderr);
  expect(error.code).toBe("FILE_NOT_FOUND");
  expect(error.message).toContain("nowhere.onnx");
  expect(error.hint).not.toBe("");
});

test("inspect says what goes in and what comes out", async () => {
  const { code, stdout } = await modelyard(["inspect", MNIST]);
  expect(code).toBe(0);
  expect(stdout.split("\n")[0]).toMatch(/grey picture of 28×28.*10 scores/i);
});

test("inspect --json has what programs rely on", async () => {
  const { stdout } = await modelyard(["inspect", MNIST, "--json"]);
  const report = JSON.parse(stdout);
  for (const key of [
    "format",
    "files",
    "opsets",
    "inputs",
    "outputs",
    "contract",
    "operators",
    "parameters",
    "bytes",
    "notes",
  ]) {
    expect(report, key).toHaveProperty(key);
  }
  // From Netron and the ONNX model zoo's own page: Input3 float32[1,1,28,28], 5,998 parameters in 8 tensors.
  expect(report.inputs).toEqual([{ name: "Input3", dtype: "float32", shape: [1, 1, 28, 28] }]);
  expect(report.outputs).toEqual([{ name: "Plus214_Output_0", dtype: "float32", shape: [1, 10] }]);
  expect(report.bytes).toBe(26_454);
});

test("run prints labels and scores, best first", async () => {
  const { code, stdout } = await modelyard(["run", MNIST, `${MNIST}/seven.png`, "--json"]);
  expect(code).toBe(0);
  const classes = JSON.parse(stdout) as { label: string; score: number }[];
  expect(classes[0]?.label).toBe("7");
  expect(classes.map((each) => each.score)).toEqual(classes.map((each) => each.score).sort((a, b) => b - a));
});

test("several inputs give a list of answers", async () => {
  const { stdout } = await modelyard(["run", MNIST, `${MNIST}/seven.png`, `${MNIST}/seven.png`, "--json"]);
  const answers = JSON.parse(stdout);
  expect(answers).toHaveLength(2);
  expect(answers[1]).toMatchObject({ input: `${MNIST}/seven.png` });
});

test("a named tensor goes in as JSON", async () => {
  const path = join(emptyFolder(), "zeros.json");
  writeFileSync(path, JSON.stringify([[Array(28).fill(Array(28).fill(0))]]));
  const { code, stdout, stderr } = await modelyard(["run", MNIST, "--input", `Input3=${path}`, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stderr)).toEqual({ warning: expect.stringMatching(/^The model is sure of nothing/) });
  // Without a stroke, what the net answers is its biases: no class stands out.
  const answer = JSON.parse(stdout) as { label: string; score: number }[];
  expect(answer.map(({ label }) => label).every((label) => /^[0-9]$/.test(label))).toBe(true);
  expect(Math.max(...answer.map(({ score }) => score))).toBeLessThan(0.5);
});

test("types prints TypeScript", async () => {
  const { code, stdout } = await modelyard(["types", MNIST]);
  expect(code).toBe(0);
  expect(stdout).toContain("export interface");
});

test("doctor lists processors, memory and providers", async () => {
  const { code, stdout } = await modelyard([
    "doctor",
    "--json",
    "--data",
    emptyFolder(),
    "--cache",
    emptyFolder(),
  ]);
  expect(code).toBe(0);
  const { findings } = JSON.parse(stdout) as { findings: { what: string }[] };
  expect(findings.map((finding) => finding.what)).toEqual(
    expect.arrayContaining(["Node", "processors", "memory", "cpu"]),
  );
});

test("inspect --check says what is wrong, where and what to do, and exits with 1", async () => {
  const folder = emptyFolder();
  const path = join(folder, "model.onnx");
  const hostile = HOSTILE.find(({ name }) => name === "a circle of three");
  writeFileSync(path, hostile?.bytes ?? "");
  const { code, stdout } = await modelyard(["inspect", path, "--check"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^1 error\n\n {2}error: A value that is read before it is computed\n/);
  expect(stdout).toMatch(/3 nodes wait for each other in a circle/);
  expect(stdout).toMatch(/to do: A graph cannot have a circle/);
  const json = await modelyard(["inspect", path, "--check", "--json"]);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout).findings).toMatchObject([{ rule: "order", severity: "error", graph: "" }]);
});

test("inspect --check of a good model says so, and exits with 0", async () => {
  const { code, stdout } = await modelyard(["inspect", MNIST, "--check"]);
  expect(code).toBe(0);
  expect(stdout).toBe("Nothing is wrong with it.\n");
});

test("inspect --graph prints a node a line", async () => {
  const { code, stdout } = await modelyard(["inspect", MNIST, "--graph"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ +3 {2}float32\[1,8,28,28\] +%ReLU32_Output_0 = Relu\(%Plus30_Output_0\)$/m);
  const json = await modelyard(["inspect", MNIST, "--graph", "--json"]);
  expect(JSON.parse(json.stdout).graph).toBe(stdout);
});
