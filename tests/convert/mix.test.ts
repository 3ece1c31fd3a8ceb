// convert --precision … --tolerance: what costs most is left more exact, and no more than is needed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Model } from "../../src/model/index.ts";
import { type ConvertOptions, convertModel } from "../../src/run/convert/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { bytesOfModel } from "../model/evaluate.ts";
import { build } from "../model/passes/build.ts";
import { apart } from "../model/passes/quantize/made.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats } from "../runtime/tensors.ts";

async function convert(model: Model, options: ConvertOptions) {
  const path = join(emptyFolder(), "net.onnx");
  writeFileSync(path, await bytesOfModel(model));
  const out = join(emptyFolder(), "out.onnx");
  const opened = await openSource(path);
  try {
    return { path, out, report: await convertModel(opened, out, options) };
  } finally {
    await opened.close();
  }
}

/** Eight layers; the sixth gives numbers beyond float16, which the seventh makes small again. */
function beyondHalf(): Model {
  return build(17, (b) => {
    let x = b.input("x", "float32", ["n", 16]);
    for (let layer = 0; layer < 8; layer++) {
      const factor = b.constant("float32", [], [layer === 5 ? 60_000 : layer === 6 ? 1e-3 : 1]);
      x = b.node("Mul", [b.node("MatMul", [x, b.weights([16, 16], layer + 1)]), factor]);
    }
    b.output(b.node("Tanh", [x]));
  });
}

test("fp16: what leaves float16 stays in float32, and little more", async () => {
  const kept = "in float16 it would cost more than the tolerance allows";
  const x = floats(
    Array.from({ length: 32 }, (_, i) => 20 * Math.sin(i)),
    [2, 16],
  );
  const verify = { feeds: { x } };
  const plain = await convert(beyondHalf(), { precision: "fp16", verify });
  expect(plain.report.quantized?.left).toEqual([]);
  const { report } = await convert(beyondHalf(), { precision: "fp16", tolerance: 1e-2, verify });
  const [left] = report.quantized?.left ?? [];
  expect(left?.reason).toBe(kept);
  expect(left?.names).toContain("mul_5");
  expect(left?.count).toBeLessThan(6);
  expect(report.verify?.verified).toBe(true);
});

/** Four products behind each other. */
function deep(): Model {
  return build(17, (b) => {
    let x = b.input("x", "float32", ["n", 96]);
    for (let layer = 0; layer < 4; layer++)
      x = b.node("Tanh", [b.node("MatMul", [x, b.weights([96, 96], layer + 1)])]);
    b.output(x);
  });
}

test("int4: as many weights take 8 bits as answers need", async () => {
  const off = async (options: ConvertOptions) => {
    const { path, out, report } = await convert(deep(), options);
    const x = floats(
      Array.from({ length: 288 }, (_, i) => Math.sin(7 * i)),
      [3, 96],
    );
    const [a, b] = [await bareRun(path, { x }), await bareRun(out, { x })].map(
      (each) => Object.values(each)[0]?.data as Float32Array,
    );
    return {
      off: apart(a as Float32Array, b as Float32Array),
      bits: report.quantized?.weights.map(({ bits }) => bits),
    };
  };
  const plain = await off({ precision: "int4" });
  expect(plain.bits).toEqual([4, 4, 4, 4]);
  const tolerance = plain.off / 1.5;
  const mixed = await off({ precision: "int4", tolerance, verify: true });
  expect(mixed.off).toBeLessThan(1.2 * tolerance);
  expect(mixed.bits?.filter((bits) => bits === 8).length).toBeGreaterThan(0);
  expect(mixed.bits?.filter((bits) => bits === 4).length).toBeGreaterThan(0);
  const loose = await off({ precision: "int4", tolerance: 0.5 });
  expect(loose.bits).toEqual([4, 4, 4, 4]);
});

test("what cannot be reached, and what cannot be told", async () => {
  await expect(convert(deep(), { precision: "int4", tolerance: 1e-6 })).rejects.toMatchObject({
    code: "CONVERT_TOLERANCE",
    message: expect.stringMatching(/within 0\.0001 % .* the nearest is off by [\d.]+ %/),
  });
  const unknown = build(17, (b) => {
    const x = b.input("x", "float32", ["n", 96]);
    b.output(b.node("Unheard", [b.node("MatMul", [x, b.weights([96, 96])])], {}, "of.nobody"));
  });
  await expect(convert(unknown, { precision: "int4", tolerance: 0.1 })).rejects.toMatchObject({
    code: "CONVERT_MIX_UNKNOWN",
  });
});
