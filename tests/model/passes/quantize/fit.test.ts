// Blocks whose scales and zero points leave little error: beside onnxruntime's HQQ, and what has no range.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BlockScheme } from "../../../../src/model/passes/quantize/blocks.ts";
import { packMatrix } from "../../../../src/model/passes/quantize/packed.ts";
import { type LazyTensor, permuted } from "../../../../src/model/tensor/index.ts";
import { bytesOf, tensor, torn, weights } from "./made.ts";

const { cases }: { cases: { rows: number; columns: number; shape: string; size: number; off: number }[] } =
  JSON.parse(readFileSync(join(import.meta.dirname, "../../../fixtures/quantize/hqq.json"), "utf8"));

const FITTED = { bits: 4, size: 32, symmetric: false, fit: "error" } as const;

/** As hqq.py has them. */
function shaped(shape: string, rows: number, columns: number): Float32Array {
  const numbers = weights(rows, columns);
  if (shape === "uniform") return numbers;
  return numbers.map((each, i) => (i < columns ? each / 16 : each)).map((each) => each * each * each);
}

/** What the codes, scales and zero points of a matrix of [K, N] stand for, as MatMulNBits is specified. */
async function decoded(numbers: Float32Array, k: number, n: number, scheme: BlockScheme) {
  const content = tensor(numbers, [k, n]);
  const packed = packMatrix({ content, k, n, isTransposed: false }, scheme, { held: null });
  const codes = await bytesOf(packed.codes);
  const scales = new Float32Array(new Uint8Array(await bytesOf(packed.scales)).buffer);
  const zeros = packed.zeros ? await bytesOf(packed.zeros) : null;
  const blocks = Math.ceil(k / scheme.size);
  const nibble = (bytes: Buffer, at: number) => ((bytes[at >> 1] as number) >> (4 * (at % 2))) & 15;
  return numbers.map((_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    const block = column * blocks + Math.floor(row / scheme.size);
    const zero = zeros
      ? nibble(zeros, column * 2 * Math.ceil(blocks / 2) + Math.floor(row / scheme.size))
      : 8;
    return (nibble(codes, block * scheme.size + (row % scheme.size)) - zero) * (scales[block] as number);
  });
}

function off(a: Float32Array, b: Float32Array): number {
  const squares = (of: (i: number) => number) => a.reduce((sum, _, i) => sum + of(i) ** 2, 0);
  const difference = squares((i) => (a[i] as number) - (b[i] as number));
  return Math.sqrt(difference / squares((i) => a[i] as number));
}

describe("beside onnxruntime's HQQ, whose zero points are floats", () => {
  test.each(cases)("$shape, $rows × $columns, blocks of $size", async ({ size, off: theirs, ...of }) => {
    const numbers = shaped(of.shape, of.rows, of.columns);
    const made = (scheme: BlockScheme) => decoded(numbers, of.rows, of.columns, scheme);
    const ours = off(numbers, await made(FITTED));
    // In blocks of 32 a zero point of 32 bits, in place of 4, brings a little.
    expect(ours).toBeLessThan(size === 32 ? 1.05 * theirs : theirs);
    if (size === 128) expect(off(numbers, await made({ ...FITTED, size }))).toBeLessThan(theirs);
    const ranged = off(numbers, await made({ ...FITTED, fit: "range" }));
    expect(ours).toBeLessThan(0.97 * ranged);
  });
});

test.each<[string, (i: number) => number]>([
  ["whole numbers from 0 to 15", (i) => (i * 7) % 16],
  ["of one sign", (i) => 0.5 + ((i * 7) % 29) / 29],
  ["below 0", (i) => -0.5 - ((i * 7) % 29) / 29],
  ["zeros", () => 0],
  ["the largest numbers", (i) => ((i % 15) - 7) * 2 ** 125],
  ["numbers below the normal ones", (i) => ((i % 7) - 3) * 2 ** -149],
  ["one that is not 0", (i) => (i % 32 === 5 ? -3 : 0)],
])("columns are fitted as rows are, and near: %s", async (_, number) => {
  const [k, n] = [70, 9];
  const numbers = Float32Array.from({ length: k * n }, (_, i) => number(Math.floor(i / n) + 3 * (i % n)));
  const content = tensor(numbers, [k, n]);
  const columns = packMatrix({ content: torn(content, 1_001), k, n, isTransposed: false }, FITTED, {
    held: null,
  });
  const rows = packMatrix({ content: permuted(content, [1, 0]), k, n, isTransposed: true }, FITTED, {
    held: null,
  });
  expect(await bytesOf(columns.codes)).toEqual(await bytesOf(rows.codes));
  expect(await bytesOf(columns.scales)).toEqual(await bytesOf(rows.scales));
  expect(await bytesOf(columns.zeros as LazyTensor)).toEqual(await bytesOf(rows.zeros as LazyTensor));
  const made = await decoded(numbers, k, n, FITTED);
  const largest = Math.max(...numbers.map(Math.abs));
  // Half of the 15 steps of a range that reaches as far to both sides, and what cutting and subnormal scales add.
  for (let i = 0; i < made.length; i++)
    expect(Math.abs((made[i] as number) - (numbers[i] as number))).toBeLessThanOrEqual(
      largest * 0.15 + 2 ** -147,
    );
});
