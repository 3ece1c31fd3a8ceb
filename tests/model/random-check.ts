// A random model against ONNX Runtime: what the file answers, it must answer after it was written, upgraded and simplified.
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { openModelSink } from "../../src/base/node/index.ts";
import { bufferModelSink, type Model, writeModel } from "../../src/model/index.ts";
import {
  type Evaluate,
  newestOpsetOf,
  runPasses,
  SIMPLIFY,
  upgradeTo,
} from "../../src/model/passes/index.ts";
import { openBytes } from "./files.ts";
import { rawBytes } from "./random/encode.ts";
import { type RandomModel, randomModel } from "./random-graphs.ts";

/** Of the largest number of an output, or of 1: more than rounding can do to values that the generator lets out. */
const TOLERANCE = 1e-5;

/** The runtime reads no shapes, axes or pads from beside the model: lists of up to twelve int64. */
const EXTERNAL_FROM = 97;

type Answers = Readonly<Record<string, OrtTensor>>;

export interface Tally {
  models: number;
  /** Nodes of the main graphs. */
  nodes: number;
  /** Models that the runtime does not take, and what it says. */
  refused: string[];
  /** Disagreements: seed, stage, what differs, and where the file lies. */
  wrong: string[];
}

/** Runs seeds one after the other. */
export async function checkSeeds(seeds: Iterable<number>, evaluate: Evaluate): Promise<Tally> {
  const tally: Tally = { models: 0, nodes: 0, refused: [], wrong: [] };
  const folder = await mkdtemp(join(tmpdir(), "modelyard-random-"));
  try {
    for (const seed of seeds) {
      const made = randomModel(seed);
      tally.models++;
      tally.nodes += made.nodes;
      await checkModel(made, evaluate, folder, tally);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return tally;
}

async function checkModel(
  made: RandomModel,
  evaluate: Evaluate,
  folder: string,
  tally: Tally,
): Promise<void> {
  const expected = await answersOf(made.bytes, made);
  if (typeof expected === "string") {
    tally.refused.push(`${kept(made)}: ${expected}`);
    return;
  }
  for (const [stage, prepare] of Object.entries(STAGES)) {
    let found: string | null;
    try {
      const file = await prepare(await openBytes(made.bytes), evaluate, folder);
      const answers = await answersOf(file, made);
      found =
        typeof answers === "string" ? answers : difference(expected, answers, stage.startsWith("written"));
    } catch (error) {
      found = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    if (found !== null) tally.wrong.push(`${kept(made)}, ${stage}: ${found}`);
  }
}

/** The seed, and where the file is kept. */
function kept(made: RandomModel): string {
  const path = join(tmpdir(), `modelyard-random-${made.seed}.onnx`);
  writeFileSync(path, made.bytes);
  return `seed ${made.seed} (opset ${made.opset}, ${made.nodes} nodes, ${path})`;
}

type Prepare = (model: Model, evaluate: Evaluate, folder: string) => Promise<Uint8Array | string>;

async function inline(model: Model): Promise<Uint8Array> {
  const sink = bufferModelSink("model.onnx");
  await writeModel(model, sink, { external: "never" });
  return sink.files.get("model.onnx") as Uint8Array;
}

const quiet = { note() {} };

async function upgraded(model: Model): Promise<Model> {
  return (await upgradeTo(newestOpsetOf(model)).run(model, quiet)).model;
}

const STAGES: Readonly<Record<string, Prepare>> = {
  "written inline": inline,
  async "written beside"(model, _, folder) {
    const path = join(folder, "model.onnx");
    await writeModel(model, await openModelSink(path), { external: "always", externalFrom: EXTERNAL_FROM });
    return path;
  },
  upgraded: async (model) => inline(await upgraded(model)),
  async simplified(model, evaluate) {
    return inline((await runPasses(model, SIMPLIFY, { evaluate, ...quiet })).model);
  },
  async "upgraded and simplified"(model, evaluate) {
    return inline((await runPasses(await upgraded(model), SIMPLIFY, { evaluate, ...quiet })).model);
  },
};

/** The runtime's answers without any optimisation; a text where it refuses. */
async function answersOf(model: Uint8Array | string, { feeds }: RandomModel): Promise<Answers | string> {
  const options = { graphOptimizationLevel: "disabled", logSeverityLevel: 4, intraOpNumThreads: 1 } as const;
  let session: InferenceSession | null = null;
  try {
    session =
      typeof model === "string"
        ? await InferenceSession.create(model, options)
        : await InferenceSession.create(model, options);
    return await session.run(fedTo(session, feeds));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await session?.release();
  }
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  bool: Uint8Array,
};

/** As the runtime's own binding takes them. */
export function fedTo(
  { inputNames }: InferenceSession,
  feeds: RandomModel["feeds"],
): Record<string, OrtTensor> {
  const tensors = inputNames.map((name) => {
    const feed = feeds[name];
    if (!feed) throw new Error(`nothing is fed to ${name}`);
    const { buffer } = rawBytes(feed);
    const data = new ARRAYS[feed.dtype as keyof typeof ARRAYS](buffer as ArrayBuffer);
    return [name, new OrtTensor(feed.dtype as "float32", data as Float32Array, [...feed.shape])] as const;
  });
  return Object.fromEntries(tensors);
}

function difference(expected: Answers, got: Answers, exact: boolean): string | null {
  if (Object.keys(expected).join() !== Object.keys(got).join()) return `outputs ${Object.keys(got).join()}`;
  for (const [name, one] of Object.entries(expected)) {
    const other = got[name] as OrtTensor;
    if (one.type !== other.type || one.dims.join() !== other.dims.join())
      return `${name} is ${other.type} [${other.dims}], not ${one.type} [${one.dims}]`;
    const isFloat = one.type.startsWith("float") && !exact;
    const numbers = Array.from(one.data as ArrayLike<number>);
    const largest = isFloat ? numbers.reduce((most, each) => Math.max(most, Math.abs(each)), 1) : 0;
    for (const [i, value] of numbers.entries()) {
      const answer = (other.data as ArrayLike<number>)[i] as number;
      if (Object.is(value, answer) || value === answer) continue;
      if (isFloat && Math.abs(value - answer) <= TOLERANCE * largest) continue;
      return `${name}[${i}] is ${answer}, not ${value}`;
    }
  }
  return null;
}
