// convert --precision: what is written is smaller, answers nearly as the original by the runtime itself, and says what it left.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { attribute } from "../../src/model/graph/index.ts";
import { convertModel } from "../../src/run/convert/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { bytesOfModel } from "../model/evaluate.ts";
import { build } from "../model/passes/build.ts";
import { apart } from "../model/passes/quantize/made.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats } from "../runtime/tensors.ts";

/** Embeddings, two layers and a small one. */
async function writeNet(): Promise<string> {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", ["n", 128]);
    const hidden = b.node("Relu", [
      b.node("Gemm", [x, b.weights([96, 128], 3), b.weights([96], 4)], { transB: attribute.int(1) }),
    ]);
    const wide = b.node("MatMul", [hidden, b.weights([96, 64], 5)]);
    b.output(b.node("MatMul", [wide, b.weights([64, 10], 6)]));
  });
  const path = join(emptyFolder(), "net.onnx");
  writeFileSync(path, await bytesOfModel(model));
  return path;
}

const x = floats(
  Array.from({ length: 384 }, (_, i) => ((i * 37) % 255) / 128 - 1),
  [3, 128],
);

describe.each([
  ["fp16", 0.005, 2],
  ["int8", 0.03, 4],
  ["int8-weights", 0.03, 3.4],
  ["int4", 0.25, 5.6],
  ["int4-asym", 0.25, 5.4],
  ["int4-fit", 0.25, 5.4],
  ["int4-hqq", 0.25, 4.6],
] as const)("%s", (precision, most, times) => {
  test("is smaller, near, and verified", async () => {
    const path = await writeNet();
    const out = join(emptyFolder(), "out.onnx");
    const opened = await openSource(path);
    const report = await convertModel(opened, out, { precision, verify: true });
    await opened.close();
    const [a, b] = [await bareRun(path, { x }), await bareRun(out, { x })].map(
      (each) => Object.values(each)[0],
    );
    expect([b?.dtype, b?.shape]).toEqual([a?.dtype, a?.shape]);
    expect(apart(a?.data as Float32Array, b?.data as Float32Array)).toBeLessThan(most);
    const weights = 4 * (96 * 128 + 96 * 64);
    const small = 4 * (96 + 64 * 10);
    const isHalf = precision === "fp16";
    expect(report.before.weights).toBe(weights + small);
    expect(weights / (report.after.weights - (isHalf ? small / 2 : small))).toBeGreaterThan(0.9 * times);
    const few = { reason: "its weights have fewer than 4096 elements", count: 1 };
    const all = [["Gemm"], ["Gemm"], ["MatMul"], ["MatMul"]];
    const { weights: held, left } = report.quantized ?? { weights: [], left: [] };
    expect(held.map(({ operators }) => operators)).toEqual(isHalf ? all : [["Gemm"], ["MatMul"]]);
    expect(left).toMatchObject(isHalf ? [] : [few]);
    expect(report.verify).toMatchObject({ verified: true, failure: null, reason: null });
    const [output] = report.verify?.outputs ?? [];
    expect(output?.closeness?.relative).toBeGreaterThan(0);
    expect(output?.closeness?.relative).toBeLessThan(most);
    expect(output?.closeness?.cosine).toBeGreaterThan(0.96);
  });
});

describe("the command", () => {
  test("says in words what became of the weights, and how near the answers are", async () => {
    const out = join(emptyFolder(), "out.onnx");
    const asked = ["convert", await writeNet(), out, "--precision", "int4", "--verify"];
    const { code, stdout } = await modelyard(asked);
    expect(code).toBe(0);
    expect(stdout).toMatch(/int4: 2 weights, 74 kB → 12 kB/);
    expect(stdout).toMatch(/left as it is: matmul_1, since its weights have fewer than 4096 elements/);
    expect(stdout).toMatch(/verified: yes, answers that are off by [\d.]+ % \(cosine 0\.9\d+\) at most/);
  });

  test("leaves weights more exact with --tolerance, and says where that is not enough", async () => {
    const out = join(emptyFolder(), "out.onnx");
    const path = await writeNet();
    const run = (tolerance: string) =>
      modelyard(["convert", path, out, "--precision", "int4", "--tolerance", tolerance, "--json"]);
    const { code, stdout } = await run("0.05");
    expect(code).toBe(0);
    const { quantized } = JSON.parse(stdout) as { quantized: { weights: { bits: number }[] } };
    expect(quantized.weights.some(({ bits }) => bits === 8)).toBe(true);
    expect(JSON.parse((await run("1e-6")).stderr)).toMatchObject({ error: { code: "CONVERT_TOLERANCE" } });
  });

  test("refuses what is no precision, and what says nothing without one", async () => {
    const path = await writeNet();
    const code = async (...given: string[]) => {
      const out = join(emptyFolder(), "out.onnx");
      const { stderr } = await modelyard(["convert", path, out, ...given, "--json"]);
      return (JSON.parse(stderr) as { error: { code: string } }).error.code;
    };
    expect(await code("--precision", "int3")).toBe("CONVERT_OPTION");
    expect(await code("--io", "fp16")).toBe("CONVERT_OPTION_ALONE");
    expect(await code("--precision", "fp16", "--io", "fp8")).toBe("CONVERT_OPTION");
    expect(await code("--precision", "fp16", "--io", "fp16", "--verify")).toBe("CONVERT_OPTION");
    expect(await code("--reduce-range")).toBe("CONVERT_OPTION_ALONE");
    expect(await code("--precision", "int4", "--no-reduce-range")).toBe("CONVERT_OPTION_ALONE");
  });
});

test.each(["int4", "int4-asym", "int4-fit", "int4-hqq"] as const)(
  "%s leaves the last products in 8 bits",
  async (precision) => {
    const model = build(17, (b) => {
      let x = b.input("x", "float32", ["n", 64]);
      for (let i = 0; i < 17; i++) x = b.node("MatMul", [x, b.weights([64, 64], i + 1)]);
      b.output(x);
    });
    const path = join(emptyFolder(), "net.onnx");
    writeFileSync(path, await bytesOfModel(model));
    const opened = await openSource(path);
    const out = join(emptyFolder(), "out.onnx");
    const { quantized } = await convertModel(opened, out, { precision });
    await opened.close();
    const bits = new Map(quantized?.weights.map((weight) => [weight.name, weight.bits]));
    const names = Array.from({ length: 17 }, (_, i) => (i === 0 ? "w" : `w_${i}`));
    expect(names.map((name) => bits.get(name))).toEqual([...Array(15).fill(4), 8, 8]);
  },
);

test("what a precision costs too much says how to have it cheaper, and nothing is written", async () => {
  const out = join(emptyFolder(), "out.onnx");
  const opened = await openSource(await writeNet());
  const verify = { tolerance: { absolute: 0, relative: 0 } };
  await expect(convertModel(opened, out, { precision: "int4", verify })).rejects.toMatchObject({
    code: "CONVERT_PRECISION_FAILED",
    message: expect.stringMatching(/^In precision int4 .* differs/),
    hint: expect.stringContaining("--tolerance"),
  });
  await opened.close();
  expect(existsSync(out)).toBe(false);
});
