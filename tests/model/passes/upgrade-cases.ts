// Small models of old operator sets and what they answered then, as tests/fixtures/model/upgrade/answers.py makes them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect } from "vitest";
import {
  bufferModelSink,
  type DType,
  type Tensor,
  tensorFromBytes,
  writeModel,
} from "../../../src/model/index.ts";
import { newestOpsetOf, upgradeTo } from "../../../src/model/passes/index.ts";
import { FIXTURES, openBytes } from "../files.ts";
import { expectSound } from "./invariants.ts";

type Plain = readonly [dtype: DType, shape: readonly number[], data: string | readonly string[]];

export interface UpgradeCase {
  readonly name: string;
  readonly family: string;
  readonly opset: number;
  /** Who gave the outputs: "runtime" in the old operator set, "reference" (onnx.reference), "numpy". */
  readonly oracle: string;
  readonly model: string;
  readonly inputs: Readonly<Record<string, Plain>>;
  readonly outputs: readonly Plain[];
}

export function storedCases(): readonly UpgradeCase[] {
  return JSON.parse(gunzipSync(readFileSync(join(FIXTURES, "upgrade/answers.json.gz"))).toString());
}

function tensorOf([dtype, shape, data]: Plain): Tensor {
  if (typeof data !== "string") return { dtype, shape, data: [...data] };
  return tensorFromBytes(dtype as Exclude<DType, "string">, shape, Buffer.from(data, "base64"));
}

/**
 * The first operator set in which the runtime can be asked: what ONNX dropped is an operator up to 9, though none that the
 * runtime has; and a tensor of no elements cannot be reshaped to a shape that is computed before 14.
 */
const FIRST: Readonly<Record<string, number>> = { fill: 10, softmax_of_nothing: 14 };

/** Kernels of two versions may sum in another order. */
const TOLERANCE = 1e-5;

/** Equal, but for floats: within TOLERANCE of the largest number of the tensor. */
function isSame({ dtype, shape, data }: Tensor, { type, dims, data: other }: OrtTensor): boolean {
  if (type !== dtype || JSON.stringify(dims) !== JSON.stringify(shape) || other.length !== data.length)
    return false;
  const numbers = dtype.startsWith("float") ? Array.from(data as Float32Array, Number) : null;
  if (!numbers) return Array.from(data as ArrayLike<unknown>).every((value, i) => value === other[i]);
  const largest = Math.max(1, ...numbers.filter(Number.isFinite).map(Math.abs));
  return numbers.every((value, i) => {
    const answer = Number(other[i]);
    return Object.is(value, answer) || value === answer || Math.abs(value - answer) <= TOLERANCE * largest;
  });
}

/**
 * Brings the model to the target, runs it, and compares.
 * @param target null: the newest in which the runtime runs the model
 * @returns what is wrong; null where nothing is, undefined where the model is of the target or a newer one already
 */
async function check(one: UpgradeCase, wanted: number | null): Promise<string | null | undefined> {
  const model = await openBytes(Buffer.from(one.model, "base64"));
  const newest = newestOpsetOf(model);
  const target = wanted ?? newest;
  if (target <= one.opset || target > newest || target < (FIRST[one.family] ?? 7)) return undefined;
  try {
    await upgradeTo(target).run(model, { note() {} });
    expectSound(model, one.name);
  } catch (error) {
    return String(error);
  }
  const sink = bufferModelSink("model.onnx");
  await writeModel(model, sink);
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(sink.files.get("model.onnx") as Uint8Array, {
      graphOptimizationLevel: "disabled",
      logSeverityLevel: 4,
    });
  } catch (error) {
    return String(error);
  }
  try {
    const feeds = Object.entries(one.inputs).map(([name, plain]) => {
      const { dtype, shape, data } = tensorOf(plain);
      return [name, new OrtTensor(dtype as "float32", data as Float32Array, [...shape])] as const;
    });
    const answer = await session.run(Object.fromEntries(feeds));
    for (const [i, plain] of one.outputs.entries()) {
      const name = session.outputNames[i] as string;
      const expected = tensorOf(plain);
      const got = answer[name] as OrtTensor;
      if (!isSame(expected, got))
        return `${name} is ${got.type} ${JSON.stringify(got.dims)} ${[...got.data].slice(0, 8)}, not ${expected.dtype} ${JSON.stringify(expected.shape)} ${[...expected.data].slice(0, 8)}`;
    }
    return null;
  } catch (error) {
    return String(error);
  } finally {
    await session.release();
  }
}

/** Checks all, and tells every failure at once. */
export async function checkAll(
  cases: readonly UpgradeCase[],
  targets: readonly (number | null)[],
): Promise<number> {
  const wrong: string[] = [];
  let count = 0;
  for (const one of cases) {
    for (const target of targets) {
      const found = await check(one, target);
      if (found !== undefined) count++;
      if (found) wrong.push(`${one.name}, ${one.opset} to ${target}: ${found}`);
    }
  }
  expect(wrong).toEqual([]);
  return count;
}
