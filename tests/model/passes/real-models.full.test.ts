// Real models, simplified: as few nodes as the better of onnxsim and onnxslim leaves or fewer, no larger file, and the answers
// that they had; which they also keep in the newest operator set.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../../src/base/node/index.ts";
import { type Model, openModel } from "../../../src/model/index.ts";
import { newestOpsetOf, upgradeTo } from "../../../src/model/passes/index.ts";
import type { Tensor, Tensors } from "../../../src/model/tensor/index.ts";
import { packageFile } from "../../models.ts";
import { SHARED } from "../../serve/catalogue.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { MNIST } from "../files.ts";
import { PYPI, readData } from "../onnx-cases.ts";
import { PACKAGES } from "../registry.ts";
import { expectSame, feedsOf, simplify, TOLERANCE } from "./answers.ts";
import { fewest, peersOf } from "./peers.ts";

/** Lengths of dimensions that the files leave open, by name; those without one are by input and place. */
const LENGTHS: Readonly<Record<string, number>> = {
  // Speech: Silero's frames, Moonshine's second, openWakeWord's.
  "input:0": 1,
  "state:1": 1,
  batch: 1,
  sequence: 512,
  sequence_length: 3,
  batch_size: 1,
  num_samples: 16_000,
  samples: 17_280,
  decoder_sequence_length: 1,
  encoder_sequence_length: 40,
  encoder_sequence_length_out: 40,
  past_decoder_sequence_length: 6,
  // Text in pictures: 48 pixels high.
  "p2o.DynamicDimension.0": 1,
  "p2o.DynamicDimension.1": 192,
  "p2o.DynamicDimension.2": 64,
  "DynamicDimension.0": 1,
  "DynamicDimension.1": 64,
  "DynamicDimension.2": 96,
  "x:0": 1,
  "x:2": 48,
  "x:3": 192,
  image_width: 160,
  height: 320,
  width: 320,
  // Basic Pitch, magika, openWakeWord's embedding.
  unk__749: 1,
  unk__214: 2,
  unk__314: 2,
  // Microsoft's judges of how speech sounds.
  frames: 64,
};

interface Choice {
  readonly tensor: Tensor;
  readonly lengths?: Readonly<Record<string, number>>;
}

/** Inputs whose values choose what is computed: each way that there is. */
const CHOICES: Readonly<Record<string, readonly Choice[]>> = {
  sr: [
    {
      tensor: { dtype: "int64", shape: [], data: BigInt64Array.of(16_000n) },
      lengths: { "input:1": 512, sequence: 512 },
    },
    {
      tensor: { dtype: "int64", shape: [], data: BigInt64Array.of(8_000n) },
      lengths: { "input:1": 256, sequence: 256 },
    },
  ],
  use_cache_branch: [0, 1].map((on) => ({ tensor: { dtype: "bool", shape: [1], data: Uint8Array.of(on) } })),
};

async function hold(path: string): Promise<void> {
  const source = await openModelSource(path);
  try {
    const peers = peersOf(path);
    const original = await openModel(source);
    const { report } = await simplify(original);
    expect(report.nodes.before, path).toBe(peers.nodes);
    expect(report.nodes.after, path).toBeLessThanOrEqual(fewest(peers));
    const bytes = await bytesOfModel(original);
    // Folded shapes and masks take a little room, weights never.
    expect(bytes.byteLength, path).toBeLessThan(statSync(path).size * 1.01 + 4_096);
    const file = readFileSync(path);
    const [before, after] = [await openSession(file), await openSession(bytes)];
    for (const chosen of choices(original)) {
      const expected = await runSession(before, chosen);
      expectSame(expected, await runSession(after, chosen), TOLERANCE, basename(path));
    }
    const newer = await openModel(source);
    await upgradeTo(newestOpsetOf(newer)).run(newer, { note() {} });
    const upgraded = await openSession(await bytesOfModel(newer));
    for (const chosen of choices(newer)) {
      const expected = await runSession(before, chosen);
      expectSame(expected, await runSession(upgraded, chosen), TOLERANCE, `${basename(path)}, upgraded`);
    }
    await Promise.all([before.release(), after.release(), upgraded.release()]);
    console.log(
      basename(path),
      peers.nodes,
      "->",
      report.nodes.after,
      `(onnxsim ${peers.onnxsim}, onnxslim ${peers.onnxslim})`,
    );
  } finally {
    await source.close();
  }
}

function choices(model: Model): Tensors[] {
  const name = model.graph.inputs.map((value) => value.name).find((each) => Object.hasOwn(CHOICES, each));
  if (name === undefined) return [feedsOf(model, 1, LENGTHS)];
  return (CHOICES[name] ?? []).map(({ tensor, lengths }) => ({
    ...feedsOf(model, 1, { ...LENGTHS, ...lengths }),
    [name]: tensor,
  }));
}

describe("packages of npm", () => {
  test.for(PACKAGES)("%s", async ([source, count], context) => {
    const folder = dirname(await packageFile(context, source));
    const files = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
    expect(files).toHaveLength(count);
    for (const name of files) await hold(join(folder, name));
  });
});

describe("packages of PyPI", () => {
  const root = join(
    process.env.MODELYARD_FIXTURES || join(homedir(), ".cache/modelyard-fixtures"),
    "pypi-models",
  );
  const folders = [
    ...["basic_pitch", "ddddocr", "magika", "nudenet", "rapidocr", "rapidocr_onnxruntime"],
    ...["silero_vad", "speechmos"],
  ];
  test.for(folders)("%s", async (name, context) => {
    if (!existsSync(join(root, name))) return context.skip("needs tests/fixtures/pypi-models/setup.sh");
    const files = readdirSync(join(root, name));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) await hold(join(root, name, file));
  });
});

/**
 * Architectures whose weights the ONNX project left out: nodes that fill a shape with one number stand for them. The peers
 * write the weights out, hundreds of megabytes for VGG; here they stay nodes, with all that would be folded into them.
 */
describe("light models of PyPI's onnx", () => {
  const light = PYPI.cases.filter(({ set }) => set === "light");
  test("are nine", (context) => {
    if (light.length === 0) return context.skip(PYPI.missing);
    expect(light).toHaveLength(9);
  });
  test.for(light)("$name", async ({ model: path, data }) => {
    const peers = peersOf(path);
    const source = await openModelSource(path);
    const model = await openModel(source);
    const { report } = await simplify(model);
    const bytes = await bytesOfModel(model);
    await source.close();
    // Biases and vectors of up to 64 KB are written out.
    expect(bytes.byteLength).toBeLessThan(statSync(path).size + 1_000_000);
    const { notes = [] } = report.passes.find(({ pass }) => pass === "fold-constants") ?? {};
    expect(notes.join()).toMatch(
      /^\d+ nodes of constants stay \(ConstantOfShape\): written out, the file would be/,
    );
    const filled = Number.parseInt(notes[0] ?? "", 10);
    expect(model.graph.nodes.filter(({ op }) => op === "ConstantOfShape")).toHaveLength(filled);
    // What follows a weight that is not there to be scaled: normalisations and their scales; and one weight is reshaped.
    const scaled = model.graph.nodes.filter(({ op }) => ["BatchNormalization", "Mul", "Add"].includes(op));
    expect(report.nodes.after).toBeLessThanOrEqual(fewest(peers) + filled + scaled.length + 1);
    const [before, after] = [await openSession(readFileSync(path)), await openSession(bytes)];
    for (const folder of data) {
      const { inputs } = await readData(folder);
      const feeds = Object.fromEntries(before.inputNames.map((name, i) => [name, inputs[i] as Tensor]));
      expectSame(await runSession(before, feeds), await runSession(after, feeds), TOLERANCE, path);
    }
    await Promise.all([before.release(), after.release()]);
    console.log(path, peers, report.nodes.after, notes);
  });
});

test("MNIST, trees", async (context) => {
  await hold(MNIST);
  const root = join(SHARED, "models/trees-onnx");
  if (!existsSync(root)) return context.skip(`no ${root} (set MODELYARD_SHARED)`);
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(".onnx"))
    .map((entry) => join(entry.parentPath, entry.name));
  expect(paths.length).toBeGreaterThan(2);
  for (const path of paths) await hold(path);
});
