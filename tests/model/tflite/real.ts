// Real TFLite models beside the answers that the TFLite C library gave: tests/fixtures/tflite/record.py.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import type { TestContext } from "vitest";
import type { DType, Tensor, Tensors } from "../../../src/model/tensor/index.ts";
import { packageFile } from "../../models.ts";
import { SHARED } from "../../serve/catalogue.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { LEVELS, said, statesOf, toOnnx } from "./conversion.ts";
import { detectionsDisagree } from "./detections.ts";
import { type Draw, drawTensor } from "./draw.ts";
import { type Recorded, recordedDisagrees } from "./recorded.ts";
import { streamDisagrees } from "./streams.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/tflite/real");
const WHEELS = join(
  process.env.MODELYARD_FIXTURES || join(homedir(), ".cache/modelyard-fixtures"),
  "tflite-models",
);
export interface RealModel {
  readonly source: string;
  readonly sha256: string;
  readonly oracle: string;
  readonly stateful: boolean;
  /** Whether the outputs are boxes, classes, scores and their number. */
  readonly detections?: boolean;
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: readonly number[];
  }[];
  readonly outputs: readonly { readonly name: string }[];
  /** Frames; of a stateful model each list is a stream of its own. */
  readonly streams: readonly (readonly {
    readonly inputs: readonly Draw[];
    readonly outputs: readonly Recorded[];
    /** Of detections, what other sets of kernels answer where that is something else. */
    readonly others?: readonly (readonly Recorded[])[];
  }[])[];
}

export const REAL_MODELS: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json") && name !== "streams.json")
  .map((name) => name.slice(0, -".json".length))
  .sort();

export function realModel(name: string): RealModel {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"));
}

/** The file of a model. Where it is missing the test is skipped with the reason. */
export async function realFile(
  context: Pick<TestContext, "skip">,
  { source, sha256 }: RealModel,
): Promise<Uint8Array> {
  const [where, path = ""] = source.split(/:(.*)/s);
  let file = "";
  if (where === "npm") file = await packageFile(context, source, sha256);
  else {
    file = where === "shared" ? join(SHARED, "models", path) : join(WHEELS, path);
    if (!existsSync(file))
      context.skip(
        where === "shared"
          ? `no ${SHARED}/models (set MODELYARD_SHARED)`
          : "needs tests/fixtures/tflite/setup-models.sh",
      );
  }
  const bytes = readFileSync(file);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${file} is not the file that was recorded`);
  return bytes;
}

/**
 * What is wrong with the conversion of a model; none where all of it agrees. A quantised one is run as the runtime runs it by default,
 * in its integer kernels: with the optimisation off, whole numbers are not what it counts in.
 */
export async function realProblems(model: RealModel, file: Uint8Array): Promise<string[]> {
  let bytes: Uint8Array;
  try {
    bytes = await bytesOfModel(await toOnnx(file, "model.tflite"));
  } catch (error) {
    return [said(error)];
  }
  const problems: string[] = [];
  const quantised =
    model.inputs.some(({ dtype }) => dtype === "uint8" || dtype === "int8") ||
    model.streams.some((frames) => frames[0]?.outputs.some(({ step }) => step !== undefined));
  for (const graphOptimizationLevel of quantised ? (["all"] as const) : LEVELS) {
    const session = await openSession(bytes, { graphOptimizationLevel }).catch((error) => said(error));
    const found = typeof session === "string" ? [session] : await compare(session, bytes, model);
    problems.push(...found.map((problem) => `optimised ${graphOptimizationLevel}: ${problem}`));
    if (typeof session !== "string") await session.release();
  }
  return problems;
}

async function compare(session: InferenceSession, bytes: Uint8Array, model: RealModel): Promise<string[]> {
  const { inputs, outputs, streams, stateful, detections = false } = model;
  const names = { inputs: inputs.map(({ name }) => name), outputs: outputs.map(({ name }) => name) };
  const states = await statesOf(session, bytes, names);
  if (typeof states === "string") return [states];
  const problems: string[] = [];
  for (const [s, frames] of streams.entries()) {
    let carried: Tensors = {};
    const answers: Tensors[] = [];
    for (const frame of frames) {
      const feeds: Tensors = {};
      for (const [i, { name, dtype }] of inputs.entries())
        feeds[name] = drawTensor(frame.inputs[i] as Draw, dtype);
      const answer = await runSession(session, { ...feeds, ...states.feeds(carried) });
      answers.push(answer);
      carried = states.carried(answer);
    }
    const read = (at: number, f: number) => answers[f]?.[names.outputs[at] as string] as Tensor;
    if (stateful) {
      const problem = streamDisagrees(
        frames.map(({ outputs: [recorded] }, f) => ({ recorded: recorded as Recorded, answer: read(0, f) })),
      );
      if (problem) problems.push(`stream ${s}: ${problem}`);
      continue;
    }
    for (const [f, { outputs: recorded, others = [] }] of frames.entries()) {
      if (detections) {
        const problem = detectionsDisagree(
          [recorded, ...others],
          outputs.map((_, at) => read(at, f)),
        );
        if (problem) problems.push(`frame ${f}: ${problem}`);
        continue;
      }
      for (const [at, each] of recorded.entries()) {
        const problem = recordedDisagrees(each, read(at, f));
        if (problem) problems.push(`frame ${f}: ${names.outputs[at]} ${problem}`);
      }
    }
  }
  return problems;
}
