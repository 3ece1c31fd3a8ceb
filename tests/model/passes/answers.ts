// A model before and after simplify: the same answers of the runtime, and nothing more to do the second time.
import { expect } from "vitest";
import { type Model, signatureOf } from "../../../src/model/index.ts";
import { type Pass, type PassesReport, runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import {
  byteLengthOf,
  elementCount,
  fromHalf,
  type Tensor,
  type Tensors,
  toHalf,
} from "../../../src/model/tensor/index.ts";
import { random } from "../../serve/random.ts";
import { bytesOfModel, evaluate, openSession, runSession } from "../evaluate.ts";
import { checked, expectSound, fingerprint } from "./invariants.ts";

/** Numbers that tell operators apart: of both signs, zeros of both signs among them. */
function made(dtype: Tensor["dtype"], shape: readonly number[], next: () => number): Tensor {
  const count = elementCount(shape, "an input");
  const floats = Array.from({ length: count }, () => {
    const number = next() * 8 - 4;
    return number > -0.2 && number < 0.2 ? Math.sign(number) * 0 : number;
  });
  const whole = floats.map((number) => Math.trunc(number * 2));
  if (dtype === "float32") return { dtype, shape, data: Float32Array.from(floats) };
  if (dtype === "float64") return { dtype, shape, data: Float64Array.from(floats) };
  if (dtype === "float16") return { dtype, shape, data: Uint16Array.from(floats, toHalf) };
  if (dtype === "int64") return { dtype, shape, data: BigInt64Array.from(whole, BigInt) };
  if (dtype === "int32") return { dtype, shape, data: Int32Array.from(whole) };
  if (dtype === "int8") return { dtype, shape, data: Int8Array.from(whole) };
  if (dtype === "uint8") return { dtype, shape, data: Uint8Array.from(whole, Math.abs) };
  if (dtype === "bool")
    return { dtype, shape, data: Uint8Array.from(floats, (number) => (number > 0 ? 1 : 0)) };
  throw new Error(`no ${dtype} is made up, ${byteLengthOf(dtype, count)} bytes`);
}

/** @param lengths of the dimensions that have none: by input and place ("image:0"), or by name */
export function feedsOf(model: Model, seed: number, lengths: Readonly<Record<string, number>> = {}): Tensors {
  const next = random(seed);
  return Object.fromEntries(
    signatureOf(model).inputs.map(({ name, dtype, shape }) => {
      const dims = (shape ?? []).map((dim, place) => {
        if (typeof dim === "number") return dim;
        return (dim === null ? undefined : lengths[dim]) ?? lengths[`${name}:${place}`] ?? 2;
      });
      return [name, made(dtype, dims, next)];
    }),
  );
}

export interface Simplified {
  readonly model: Model;
  readonly report: PassesReport;
  readonly notes: readonly string[];
}

/** Simplifies a model in place, held to all that every simplification must hold but the answers. */
export async function simplify(model: Model, passes: readonly Pass[] = SIMPLIFY): Promise<Simplified> {
  const notes: string[] = [];
  const context = { evaluate, note: (text: string) => notes.push(text) };
  expectSound(model, "before", { shadows: true });
  const { report } = await runPasses(model, passes, context, { check: checked(model) });
  expect(report.settled, "settled").toBe(true);
  const before = fingerprint(model);
  const again = await runPasses(model, passes, context);
  expect(again.modified, "the second time").toBe(false);
  expect(fingerprint(model), "the second time").toBe(before);
  return { model, report, notes };
}

/** Simplifies a model in place; its answers stay. */
export async function expectSimplified(
  model: Model,
  options: {
    seed?: number;
    lengths?: Readonly<Record<string, number>>;
    exact?: boolean;
    feeds?: Tensors;
  } = {},
): Promise<Simplified> {
  const { seed = 1, lengths = {}, exact = false } = options;
  const feeds = { ...feedsOf(model, seed, lengths), ...options.feeds };
  const before = await answersOf(model, feeds);
  const simplified = await simplify(model);
  const after = await answersOf(simplified.model, feeds);
  expectSame(before, after, exact ? "bits" : TOLERANCE, `seed ${seed}`);
  return simplified;
}

async function answersOf(model: Model, feeds: Tensors): Promise<Tensors> {
  const session = await openSession(await bytesOfModel(model));
  try {
    return await runSession(session, feeds);
  } finally {
    await session.release();
  }
}

/** Folded weights are rounded once more: relative to the largest element of the tensor. */
export const TOLERANCE = 1e-5;

/** @param tolerance of floats, of the tensor's largest element; with 0, only zeros of two signs are the same */
export function expectSame(before: Tensors, after: Tensors, tolerance: number | "bits", where: string): void {
  expect(Object.keys(after), where).toEqual(Object.keys(before));
  for (const [name, a] of Object.entries(before)) {
    const b = after[name] as Tensor;
    expect([b.dtype, b.shape], `${where}, ${name}`).toEqual([a.dtype, a.shape]);
    const isFloat = a.dtype.startsWith("float");
    if (tolerance === "bits" || !isFloat) {
      expect(b.data, `${where}, ${name}`).toEqual(a.data);
      continue;
    }
    const numbers = ({ dtype, data }: Tensor) =>
      dtype === "float16" ? Array.from(data as Uint16Array, fromHalf) : Array.from(data as Float32Array);
    const [x, y] = [numbers(a), numbers(b)];
    const scale = x.reduce(
      (most, each) => (Number.isFinite(each) ? Math.max(most, Math.abs(each)) : most),
      1,
    );
    const worst = x.reduce((most, each, i) => {
      const other = y[i] as number;
      return Object.is(each, other) || each === other ? most : Math.max(most, Math.abs(each - other) / scale);
    }, 0);
    expect(worst, `${where}, ${name}`).toBeLessThanOrEqual(tolerance);
  }
}
