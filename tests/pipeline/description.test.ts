// What a model's tensors mean lies beside its file, or in it, and the compiled graph is another file in another folder.
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";

const MNIST = join(ROOT, "examples/models/mnist");
const NAMES = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];

/** The digits model with a list of names beside it. */
function named(): string {
  const folder = join(emptyFolder(), "digits");
  cpSync(MNIST, folder, { recursive: true });
  writeFileSync(join(folder, "names.txt"), NAMES.join("\n"));
  const page = readFileSync(join(folder, "model.yaml"), "utf8");
  const classes = "{ kind: scores, tensor: Plus214_Output_0, activation: softmax, labels: names.txt }";
  writeFileSync(join(folder, "model.yaml"), `${page}outputs:\n  classes: ${classes}\n`);
  return folder;
}

test("a compiled model says what the page beside its original says; a page that is there stays, and is told of", async () => {
  const model = named();
  const out = join(emptyFolder(), "compiled");
  const compile = async (source: string) => {
    const { code, stdout, stderr } = await modelyard(["compile", source, "-o", out, "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout).described;
  };
  const digit = async () => {
    const { stdout } = await modelyard(["run", out, join(MNIST, "seven.png"), "--top", "1", "--json"]);
    return JSON.parse(stdout)[0].label;
  };
  expect(await compile(model)).toBe("written");
  expect(await digit()).toBe("sieben");
  expect(readFileSync(join(out, "names.txt"), "utf8")).toBe(NAMES.join("\n"));
  expect(await compile(model)).toBe("says so itself");
  expect(await compile(MNIST)).toBe("another");
  expect(await digit()).toBe("sieben");
  const { stdout } = await modelyard(["compile", MNIST, "-o", out]);
  expect(stdout).toContain("remove it, and compile again");
});

test("a graph that says by itself all that is known of it gets no page", async () => {
  const out = join(emptyFolder(), "compiled");
  const model = join(ROOT, "tests/fixtures/runtime/mlp.onnx");
  const { stdout } = await modelyard(["compile", model, "-o", out, "--json"]);
  expect(JSON.parse(stdout).described).toBe("says so itself");
  expect(existsSync(join(out, "model.yaml"))).toBe(false);
});
