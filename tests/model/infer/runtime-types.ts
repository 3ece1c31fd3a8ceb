// ONNX Runtime as the oracle of shape inference: what it knows of every value before anything runs, and what the values
// are when it does.
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-node";
import type { DType, Tensor } from "../../../src/model/tensor/index.ts";
import { intermediatesOf, withOutputs } from "./onnx-edit.ts";
import { type RuntimeGraph, readOrtFile } from "./ort-file.ts";

// Cases of PyPI's onnx are of an opset that is not released yet; the runtime has kernels for some of them.
process.env.ALLOW_RELEASED_ONNX_OPSET_ONLY ??= "0";

let count = 0;

/** Nothing is rewritten; weights of an external file are found in the folder. */
function options(folder: string, more: Record<string, string> = {}): InferenceSession.SessionOptions {
  return {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
    extra: { session: { model_external_initializers_file_folder_path: folder, ...more } },
  };
}

/** Types of every value, by the graph that the runtime keeps. null where this build of it refuses the model. */
export async function runtimeTypes(model: Uint8Array, folder: string): Promise<RuntimeGraph | null> {
  const path = join(tmpdir(), `modelyard-types-${process.pid}-${count++}.ort`);
  try {
    const session = await InferenceSession.create(model, {
      ...options(folder, { save_model_format: "ORT" }),
      optimizedModelFilePath: path,
    });
    await session.release();
    return readOrtFile(readFileSync(path));
  } catch {
    return null;
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * The model as the runtime rewrites it before it runs it: operators of its own, fused, and channels in blocks where this
 * machine's processor likes them so. null where it refuses the model, or keeps what no file can say.
 */
export async function rewritten(model: Uint8Array, folder: string): Promise<Uint8Array | null> {
  const path = join(tmpdir(), `modelyard-rewritten-${process.pid}-${count++}.onnx`);
  try {
    const session = await InferenceSession.create(model, {
      ...options(folder),
      graphOptimizationLevel: "all",
      optimizedModelFilePath: path,
    });
    await session.release();
    return readFileSync(path);
  } catch {
    return null;
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Types as runtimeTypes() gives them by another way, for models that the runtime cannot write for itself (values that may be missing): the types of
 * values that are outputs. Main graph only; a shape of [] may stand for an unknown rank, and is left out.
 */
export async function runtimeOutputTypes(model: Uint8Array, folder: string): Promise<RuntimeGraph | null> {
  const session = await withEveryOutput(model, folder, intermediatesOf(model));
  if (!session) return null;
  const types: RuntimeGraph["types"] = new Map();
  for (const each of session.outputMetadata) {
    if (!each.isTensor) continue;
    const shape = each.shape.map((dim) => (dim === "" || dim === -1 ? null : dim));
    types.set(each.name, {
      kind: "tensor",
      dtype: each.type as DType,
      shape: shape.length === 0 ? null : shape,
    });
  }
  await session.release();
  return { types, byOutput: new Map() };
}

/**
 * The model with further outputs, as many of these as the runtime gives away (of optionals it refuses the whole model).
 * null where it refuses the model as it is.
 */
async function withEveryOutput(
  model: Uint8Array,
  folder: string,
  names: readonly string[],
): Promise<InferenceSession | null> {
  const kept: string[] = [];
  const waiting = [names];
  let session = await attempt(model, folder);
  if (!session || names.length === 0) return session;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const wider = await attempt(withOutputs(model, [...kept, ...next]), folder);
    if (wider) {
      await session.release();
      session = wider;
      kept.push(...next);
    } else if (next.length > 1) {
      const half = Math.ceil(next.length / 2);
      waiting.push(next.slice(half), next.slice(0, half));
    }
  }
  return session;
}

async function attempt(model: Uint8Array, folder: string): Promise<InferenceSession | null> {
  return InferenceSession.create(model, options(folder)).catch(() => null);
}

/** Types that the runtime's Node binding carries. */
const CARRIED = /^(float(16|32|64)|u?int(8|16|32|64)|bool|string)$/;

/** The values of one run by name; those that are no tensors are left out. */
export type Values = ReadonlyMap<string, RuntimeTensor>;

/** What the values of the main graph are when the model runs; null where this build of the runtime does not run it. */
export async function actualValues(
  model: Uint8Array,
  folder: string,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Values | null> {
  const [values = null] = await actualRuns(model, folder, [feeds]);
  return values;
}

/**
 * The same for several runs of one model.
 * @param feeds by name; inputs beyond these have defaults
 */
export async function actualRuns(
  model: Uint8Array,
  folder: string,
  feeds: readonly Readonly<Record<string, Tensor>>[],
): Promise<(Values | null)[]> {
  if (feeds.some((each) => Object.values(each).some(({ dtype }) => !CARRIED.test(dtype)))) return [];
  const session = await withEveryOutput(model, folder, intermediatesOf(model));
  if (!session) return [];
  try {
    const wanted = session.outputMetadata
      .filter((each) => each.isTensor && CARRIED.test(each.type))
      .map(({ name }) => name);
    const runs: (Values | null)[] = [];
    for (const each of feeds) {
      const given = Object.entries(each).map(([name, tensor]) => [name, toRuntime(tensor)] as const);
      const answer = await session.run(Object.fromEntries(given), wanted).catch(() => null);
      runs.push(answer && new Map(Object.entries(answer)));
    }
    return runs;
  } finally {
    await session.release();
  }
}

function toRuntime({ dtype, data, shape }: Tensor): RuntimeTensor {
  return new RuntimeTensor(dtype as "float32", data as Float32Array, [...shape]);
}
