// Whole numbers are added up exactly on every processor: those for x64 without VNNI have products of 8 bits that do not fit 16.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attribute, type Value } from "../../src/model/graph/index.ts";
import { constantTensor } from "../../src/model/tensor/index.ts";
import { compileModel, openArtefact, openSession } from "../../src/run/runtime/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { bytesOfModel } from "../model/evaluate.ts";
import { type Builder, build } from "../model/passes/build.ts";
import { random } from "../serve/random.ts";

const [ROWS, DEPTH, COLUMNS] = [3, 64, 24];
/** What the convolution's answers are rounded to. */
const STEP = 2 ** 13;

/** Numbers of both ends of their range, so that two products are often larger than 16 bits hold. */
function ends(length: number, low: number, high: number, seed: number): number[] {
  const next = random(seed);
  return Array.from({ length }, () => (next() < 0.5 ? low : high) + Math.round((next() - 0.5) * 4));
}

const inputs = ends(ROWS * DEPTH, 3, 252, 1);
const weights = Int8Array.from(ends(DEPTH * COLUMNS, -125, 125, 2));

/** Σ input · weight, as a kernel in whole numbers must give it. */
const sums = Array.from({ length: ROWS * COLUMNS }, (_, i) => {
  const [row, column] = [Math.floor(i / COLUMNS), i % COLUMNS];
  let sum = 0;
  for (let k = 0; k < DEPTH; k++)
    sum += (inputs[row * DEPTH + k] ?? 0) * (weights[k * COLUMNS + column] ?? 0);
  return sum;
});

function constant(b: Builder, shape: readonly number[]) {
  const value = b.constant("int8", shape, []);
  value.constant = constantTensor({ dtype: "int8", shape, data: weights }, "the test");
  return value;
}

/** As quantize_dynamic writes a product. */
const product = (b: Builder) => {
  const x = b.input("x", "uint8", [ROWS, DEPTH]);
  b.output(b.node("MatMulInteger", [x, constant(b, [DEPTH, COLUMNS])]), "int32");
};

/** As files of TensorFlow Lite are: int8 between QuantizeLinear and DequantizeLinear around a convolution of float32. */
const convolutions = (zeroOf: (b: Builder) => Value) => (b: Builder) => {
  const [one, zero] = [b.constant("float32", [], [1]), b.constant("int8", [], [0])];
  const x = b.node("Cast", [b.input("x", "uint8", [ROWS, DEPTH])], { to: attribute.int(1) });
  const shifted = b.node("Sub", [x, b.constant("float32", [], [128])]);
  const stored = b.node("DequantizeLinear", [b.node("QuantizeLinear", [shifted, one, zero]), one, zero]);
  const picture = b.node("Reshape", [stored, b.ints(ROWS, DEPTH, 1, 1)]);
  const kernels = [0, 1].map(() =>
    b.node("DequantizeLinear", [constant(b, [COLUMNS, DEPTH, 1, 1]), one, zeroOf(b)]),
  );
  const scale = b.constant("float32", [], [STEP]);
  for (const kernel of kernels) {
    const result = b.node("Conv", [picture, kernel]);
    b.output(b.node("DequantizeLinear", [b.node("QuantizeLinear", [result, scale, zero]), scale, zero]));
  }
};

const convolved = Array.from({ length: ROWS * COLUMNS }, (_, i) => {
  const [row, channel] = [Math.floor(i / COLUMNS), i % COLUMNS];
  let sum = 0;
  for (let k = 0; k < DEPTH; k++)
    sum += ((inputs[row * DEPTH + k] ?? 0) - 128) * (weights[channel * DEPTH + k] ?? 0);
  return sum;
});

async function written(fill: (b: Builder) => void): Promise<string> {
  const path = join(emptyFolder(), "model.onnx");
  await writeFile(path, await bytesOfModel(build(17, fill)));
  return path;
}

async function answerOf(path: string, optimize = true): Promise<number[]> {
  await using session = await openSession({ path, batch: 0, threads: 1, optimize });
  const x = { dtype: "uint8", shape: [ROWS, DEPTH], data: Uint8Array.from(inputs) } as const;
  const outputs = Object.values(await session.run({ x }));
  return outputs.flatMap(({ data }) => Array.from(data as Int32Array));
}

/** Of the model, and of what it is compiled to. */
async function answersOf(fill: (b: Builder) => void): Promise<number[][]> {
  const path = await written(fill);
  const folder = emptyFolder();
  await compileModel({ path, source: "the test", folder });
  const compiled = await openArtefact(folder);
  return [await answerOf(path), await answerOf(compiled.path, false)];
}

test("a product of uint8 and int8", async () => {
  for (const answer of await answersOf(product)) expect(answer).toEqual(sums);
});

const own = (b: Builder) => b.constant("int8", [], [0]);

function once(make: (b: Builder) => Value): (b: Builder) => Value {
  let made: Value | undefined;
  return (b) => {
    made ??= make(b);
    return made;
  };
}

test.each([
  ["with zero points of their own", () => own],
  // The runtime cannot load them as it is asked to: see withFloatSums.
  ["with one zero point", () => once(own)],
] as const)("convolutions between QuantizeLinear and DequantizeLinear, %s", async (_, zeroOf) => {
  const rounded = [...convolved, ...convolved].map((sum) => Math.round(sum / STEP) * STEP);
  for (const answer of await answersOf((b) => convolutions(zeroOf())(b))) {
    expect(answer).toHaveLength(rounded.length);
    // Halves may be rounded either way.
    for (const [i, value] of answer.entries())
      expect(Math.abs(value - (rounded[i] ?? Number.NaN))).toBeLessThanOrEqual(STEP);
    expect(new Set(answer).size).toBeGreaterThan(8);
  }
});
