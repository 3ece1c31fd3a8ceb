import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { scanFolder } from "../../src/run/pipeline/folder.ts";
import { emptyFolder, modelyard, ROOT } from "./modelyard.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");
const SEVEN = join(ROOT, "examples/models/mnist/seven.png");

/** A folder with the file of a digit classifier under these names. */
function folderWith(...names: string[]): string {
  const folder = emptyFolder();
  for (const name of names) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    cpSync(MNIST, join(folder, name));
  }
  return folder;
}

async function inspect(...args: string[]) {
  const { code, stdout, stderr } = await modelyard(["inspect", "--json", ...args]);
  return { code, report: code === 0 ? JSON.parse(stdout) : JSON.parse(stderr).error };
}

test("inspect --write writes what is known; the folder then says the same, and what a person corrects counts", async () => {
  const folder = folderWith("digits.onnx");
  const before = await inspect(join(folder, "digits.onnx"));
  const { code, report } = await inspect("--write", join(folder, "digits.onnx"));
  expect(code).toBe(0);
  const path = join(folder, "model.yaml");
  expect(report).toEqual({ ...before.report, written: path });
  expect(readdirSync(folder).sort()).toEqual(["digits.onnx", "model.yaml"]);
  const text = readFileSync(path, "utf8");
  const { contract } = report;
  expect(parse(text)).toMatchObject({ name: "digits", task: contract.task, inputs: contract.inputs });
  const again = await inspect(folder);
  expect(again.report.contract).toEqual(contract);
  writeFileSync(path, text.replace("    activation: softmax", "    activation: none"));
  const { stdout } = await modelyard(["run", "--json", folder, SEVEN]);
  const [best] = JSON.parse(stdout);
  expect(best.label).toBe("7");
  expect(best.score).toBeGreaterThan(100);
});

test("a person is told where it was written, and it goes beside the versions", async () => {
  for (const named of ["digits", "digits/1", "digits/1/model.onnx"]) {
    const folder = folderWith("digits/1/model.onnx");
    const { code, stdout, stderr } = await modelyard(["inspect", "--write", join(folder, named)]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("a grey picture of 28×28");
    const path = join(folder, "digits/model.yaml");
    expect(stderr).toContain(`wrote ${path}`);
    expect(existsSync(path)).toBe(true);
  }
});

test("a model keeps the name that it has among others", async () => {
  const folder = folderWith("a/model.onnx", "b/digits.onnx", "c/1/model.onnx", "d/model.onnx");
  const names = async () => (await scanFolder(folder)).map(({ name }) => name).sort();
  const before = await names();
  expect(before).toEqual(["a", "b", "c", "d"]);
  for (const named of ["a", "b", "c", "d/model.onnx"])
    expect((await inspect("--write", join(folder, named))).code).toBe(0);
  expect(await names()).toEqual(before);
});

test("what a person wrote is never replaced", async () => {
  const folder = folderWith("digits.onnx");
  writeFileSync(join(folder, "model.yaml"), "name: mine\n");
  for (const named of [folder, join(folder, "digits.onnx")]) {
    const { code, report } = await inspect("--write", named);
    expect({ code, error: report.code, where: report.where }).toEqual({
      code: 1,
      error: "INSPECT_WRITE_EXISTS",
      where: join(folder, "model.yaml"),
    });
  }
  expect(readFileSync(join(folder, "model.yaml"), "utf8")).toBe("name: mine\n");
});

test("nothing is written where it would describe other models too, nor into the cache", async () => {
  const two = folderWith("digits.onnx", "more/other.onnx");
  const several = await inspect("--write", join(two, "digits.onnx"));
  expect(several).toMatchObject({ code: 1, report: { code: "INSPECT_WRITE_PLACE" } });
  expect(several.report.message).toContain("digits, more");
  const cache = folderWith("blobs/digits.onnx");
  const cached = await inspect("--write", "--cache", cache, join(cache, "blobs/digits.onnx"));
  expect(cached).toMatchObject({ code: 1, report: { code: "INSPECT_WRITE_PLACE" } });
  expect(readdirSync(join(cache, "blobs"))).toEqual(["digits.onnx"]);
});
