// Weights that tests/fixtures/quantize/weights.py makes too, and models around them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../../../src/model/index.ts";
import {
  initializers,
  type QuantizePass,
  type QuantizeReport,
  runPasses,
} from "../../../../src/model/passes/index.ts";
import type { BlockScheme } from "../../../../src/model/passes/quantize/blocks.ts";
import { packMatrix } from "../../../../src/model/passes/quantize/packed.ts";
import { constantTensor, type LazyTensor, type Tensors } from "../../../../src/model/tensor/index.ts";
import { bytesOfModel, openSession, runSession } from "../../evaluate.ts";
import { checked, quiet } from "../invariants.ts";

export const RECORDED: {
  blocks: {
    rows: number;
    columns: number;
    bits: 4 | 8;
    symmetric: boolean;
    codes: string;
    scales: string;
    zeros: string | null;
  }[];
  columns: { rows: number; columns: number; reduce: boolean; codes: string; scales: string }[];
} = JSON.parse(readFileSync(join(import.meta.dirname, "../../../fixtures/quantize/weights.json"), "utf8"));

export function weights(rows: number, columns: number): Float32Array {
  const numbers = Float32Array.from({ length: rows * columns }, (_, place) => {
    const hashed = Number((BigInt(place) * 2654435761n + BigInt(rows)) % 2n ** 32n);
    return ((hashed ^ (hashed >>> 13)) & 0xffffff) / 2 ** 24 - 0.5;
  });
  for (let row = 0; row < rows; row++) numbers[row * columns + Math.floor(columns / 2)] = 0;
  for (let i = 0; i < columns; i++) numbers[i] = (numbers[i] as number) * 16;
  return numbers;
}

export function tensor(data: Float32Array, shape: readonly number[]): LazyTensor {
  return constantTensor({ dtype: "float32", shape, data }, "the test", "w");
}

/** A constant that comes in pieces that end anywhere. */
export function torn(of: LazyTensor, size: number): LazyTensor {
  return {
    ...of,
    async *stream() {
      for await (const piece of of.stream())
        for (let at = 0; at < piece.byteLength; at += size) yield piece.slice(at, at + size);
    },
  };
}

export async function bytesOf({ stream }: LazyTensor, chunk?: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream(chunk)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

/** What the codes, scales and zero points of a matrix of [K, N] stand for, as MatMulNBits is specified. */
export async function decoded(numbers: Float32Array, k: number, n: number, scheme: BlockScheme) {
  const content = tensor(numbers, [k, n]);
  const packed = packMatrix({ content, k, n, isTransposed: false }, scheme, { held: null });
  const codes = await bytesOf(packed.codes);
  const scales = new Float32Array(new Uint8Array(await bytesOf(packed.scales)).buffer);
  const zeros = packed.zeros ? await bytesOf(packed.zeros) : null;
  const places =
    scheme.fit === "half-quadratic" ? new Float32Array(new Uint8Array(zeros as Buffer).buffer) : null;
  const blocks = Math.ceil(k / scheme.size);
  const nibble = (bytes: Buffer, at: number) => ((bytes[at >> 1] as number) >> (4 * (at % 2))) & 15;
  return numbers.map((_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    const block = column * blocks + Math.floor(row / scheme.size);
    const whole = () =>
      zeros ? nibble(zeros, column * 2 * Math.ceil(blocks / 2) + Math.floor(row / scheme.size)) : 8;
    const zero = places ? (places[block] as number) : whole();
    return (nibble(codes, block * scheme.size + (row % scheme.size)) - zero) * (scales[block] as number);
  });
}

/** Quantises a model in place, held to all that every pass must hold; a second time nothing changes. */
export async function quantize(model: Model, make: () => QuantizePass): Promise<QuantizeReport> {
  const pass = make();
  await runPasses(model, [initializers, pass], quiet, { maxRounds: 1, check: checked(model) });
  await runPasses(model, [initializers, make()], quiet, {
    maxRounds: 1,
    check(_, { name }, modified) {
      if (modified) throw new Error(`${name} does something the second time`);
    },
  });
  return pass.report();
}

/** As a user runs it: the runtime optimises the graph. */
export async function answersOf(model: Model, feeds: Tensors): Promise<Tensors> {
  const session = await openSession(await bytesOfModel(model), { graphOptimizationLevel: "all" });
  try {
    return await runSession(session, feeds);
  } finally {
    await session.release();
  }
}

/** ‖a − b‖ / ‖a‖ */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, whole] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += ((a[i] as number) - (b[i] as number)) ** 2;
    whole += (a[i] as number) ** 2;
  }
  return Math.sqrt(difference / whole);
}
