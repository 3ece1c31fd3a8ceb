// convert --precision int8 --calibrate: samples come from a folder as `run` takes them, and what does not fit is named.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { CalibrationMethod } from "../../src/model/passes/index.ts";
import { convertModel } from "../../src/run/convert/index.ts";
import { calibrationOf } from "../../src/run/pipeline/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { bytesOfModel } from "../model/evaluate.ts";
import { build } from "../model/passes/build.ts";
import { apart } from "../model/passes/quantize/made.ts";
import { writeNpy } from "../npy.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats } from "../runtime/tensors.ts";

/** A picture of 16 × 16 in three colours goes into a convolution, ten scores come out. */
async function writeNet(folder = emptyFolder()): Promise<string> {
  const model = build(17, (b) => {
    const x = b.input("image", "float32", ["n", 3, 16, 16]);
    const first = b.node("Relu", [b.node("Conv", [x, b.weights([8, 3, 3, 3]), b.weights([8], 2)])]);
    const flat = b.node("Flatten", [b.node("GlobalAveragePool", [first])]);
    b.output(b.node("Gemm", [flat, b.weights([8, 10], 3), b.weights([10], 4)]));
  });
  const path = join(folder, "net.onnx");
  writeFileSync(path, await bytesOfModel(model));
  writeFileSync(
    join(folder, "model.yaml"),
    "inputs:\n  image: { kind: image, tensor: image, layout: NCHW, size: [16, 16], color: RGB, normalize: { scale: 0.00392156862745098 } }\noutputs:\n  classes: { kind: scores, tensor: gemm, activation: none }\n",
  );
  return folder;
}

function pixels(seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: 768 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 256) / 255;
  });
}

async function picture(seed: number): Promise<Buffer> {
  const raw = Uint8Array.from(pixels(seed), (each) => Math.round(255 * each));
  return sharp(raw, { raw: { width: 16, height: 16, channels: 3 } })
    .png()
    .toBuffer();
}

/** Three planes of 16 rows. */
function rows(data: Float32Array): number[][][] {
  const row = (at: number) => [...data.subarray(16 * at, 16 * at + 16)];
  return [0, 16, 32].map((plane) => Array.from({ length: 16 }, (_, i) => row(plane + i)));
}

const tensor = (seed: number) => floats([...pixels(seed)], [1, 3, 16, 16]);

async function convert(folder: string, method: CalibrationMethod = "minmax") {
  const path = await writeNet();
  const out = join(emptyFolder(), "out.onnx");
  const opened = await openSource(path);
  try {
    const calibrate = { ...calibrationOf(opened, folder), method };
    const report = await convertModel(opened, out, { precision: "int8", calibrate, verify: true });
    return { report, path, out };
  } finally {
    await opened.close();
  }
}

describe("samples", () => {
  test.each(["minmax", "entropy", "percentile"] as const)(
    "pictures, numbers and folders of them: %s",
    async (method) => {
      const folder = emptyFolder();
      writeFileSync(join(folder, "a.png"), await picture(1));
      writeFileSync(join(folder, ".hidden"), "no picture");
      mkdirSync(join(folder, "more"));
      writeFileSync(join(folder, "more", "b.npy"), writeNpy(tensor(2)));
      writeFileSync(join(folder, "more", "c.json"), JSON.stringify({ image: [rows(pixels(3))] }));
      const { report, out, path } = await convert(folder, method);
      expect(report.quantized?.weights.map(({ operators }) => operators)).toEqual([["Conv"], ["Gemm"]]);
      expect(report.verify?.verified).toBe(true);
      expect(report.after.operators).toMatchObject({ QuantizeLinear: 4, DequantizeLinear: 8 });
      const image = tensor(2);
      const [a, b] = [await bareRun(join(path, "net.onnx"), { image }), await bareRun(out, { image })].map(
        (each) => Object.values(each)[0]?.data as Float32Array,
      );
      expect(apart(a as Float32Array, b as Float32Array)).toBeLessThan(method === "entropy" ? 0.1 : 0.03);
    },
  );
});

describe("what does not fit is named", () => {
  test.each([
    ["what is no picture", "b.png", () => Buffer.from("no picture")],
    ["numbers of another shape", "b.npy", () => writeNpy(floats([1, 2, 3], [1, 3]))],
    ["a damaged .npy", "b.npy", () => Buffer.from("\x93NUMPY", "latin1")],
    ["other names", "b.json", () => Buffer.from('{"picture": [[1]]}')],
    ["no JSON", "b.json", () => Buffer.from("{")],
  ])("%s", async (_, name, bytes) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "a.png"), await picture(1));
    writeFileSync(join(folder, name), bytes());
    await expect(convert(folder)).rejects.toMatchObject({
      code: "CONVERT_CALIBRATION",
      where: join(folder, name),
      message: expect.stringContaining(name),
    });
  });

  test("an empty folder, none, and a file", async () => {
    await expect(convert(emptyFolder())).rejects.toMatchObject({ code: "CONVERT_CALIBRATION_EMPTY" });
    const missing = { code: "FILE_NOT_FOUND" };
    await expect(convert(join(emptyFolder(), "nowhere"))).rejects.toMatchObject(missing);
    await expect(convert(join(await writeNet(), "net.onnx"))).rejects.toMatchObject(missing);
  });
});

test("the command calibrates, and refuses options that say nothing", async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, "a.png"), await picture(1));
  const path = await writeNet();
  const run = (...given: string[]) => modelyard(["convert", path, join(emptyFolder(), "out.onnx"), ...given]);
  const { code, stdout } = await run(
    "--precision",
    "int8",
    "--calibrate",
    folder,
    "--calibration",
    "percentile",
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/quantize-static .*ranges were seen on\s+samples/);
  for (const [given, expected] of [
    [["--precision", "int8", "--calibrate", folder, "--calibration", "best"], "CONVERT_OPTION"],
    [["--precision", "int8", "--calibration", "minmax"], "CONVERT_OPTION_ALONE"],
    [["--precision", "int4", "--calibrate", folder], "CONVERT_OPTION_ALONE"],
  ] as const) {
    const { stderr } = await run(...given, "--json");
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: expected } });
  }
});
