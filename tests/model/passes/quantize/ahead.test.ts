// What is worked out ahead comes in order; memory is used again only where nobody has what lay in it.
import { describe, expect, test } from "vitest";
import { ahead } from "../../../../src/model/passes/quantize/ahead.ts";
import { type Matrix, packMatrix, type Workplace } from "../../../../src/model/passes/quantize/packed.ts";
import type { LazyTensor } from "../../../../src/model/tensor/index.ts";
import { bytesOf, tensor, weights } from "./made.ts";

describe("ahead", () => {
  test("items come in their order, so many worked on at a time as were asked for", async () => {
    const open = new Map<number, () => void>();
    let [running, most] = [0, 0];
    const work = async (item: number) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => open.set(item, resolve));
      running--;
      return item * 10;
    };
    const found: (readonly [number, number])[] = [];
    const all = (async () => {
      for await (const each of ahead([1, 2, 3, 4], 1, work)) found.push(each);
    })();
    // The second of two that are worked on is ready first.
    for (const item of [2, 1, 3, 4]) {
      while (!open.has(item)) await new Promise((resolve) => setImmediate(resolve));
      open.get(item)?.();
    }
    await all;
    expect(found).toEqual([1, 2, 3, 4].map((item) => [item, item * 10]));
    expect(most).toBe(2);
  });

  test("a failure is that of its item, and what was begun has ended by then", async () => {
    let running = 0;
    const work = async (item: number) => {
      running++;
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (item === 2) throw new Error("no second");
      return item;
    };
    const found: number[] = [];
    const all = (async () => {
      for await (const [item] of ahead([1, 2, 3, 4, 5], 2, work)) found.push(item);
    })();
    await expect(all).rejects.toThrow("no second");
    expect([found, running]).toEqual([[1], 0]);
  });
});

describe("memory of one matrix for the next", () => {
  const [k, n] = [70, 33];
  const scheme = { bits: 4, size: 32, symmetric: false } as const;
  const matrices = [1, -2, 3].map((factor): Matrix => {
    const content = tensor(
      weights(k, n).map((each) => each * factor + factor / 8),
      [k, n],
    );
    return { content, k, n, isTransposed: false };
  });
  const alone = matrices.map((matrix) => packMatrix(matrix, scheme, { held: null }));
  const tensors = ({ codes, scales, zeros }: ReturnType<typeof packMatrix>) => [
    codes,
    scales,
    zeros as LazyTensor,
  ];

  test("the bytes are those of matrices that have their own", async () => {
    const workplace: Workplace = { held: null };
    const buffers = new Set<ArrayBufferLike>();
    for (const [i, matrix] of matrices.entries()) {
      const expected = tensors(alone[i] as ReturnType<typeof packMatrix>);
      for (const [j, each] of tensors(packMatrix(matrix, scheme, workplace)).entries()) {
        const pieces: Buffer[] = [];
        for await (const piece of each.stream(100, undefined, true)) {
          if (j === 0) buffers.add(piece.buffer);
          pieces.push(Buffer.from(piece));
        }
        expect(Buffer.concat(pieces).equals(await bytesOf(expected[j] as LazyTensor))).toBe(true);
      }
    }
    expect(buffers.size).toBe(1);
  });

  test("what a reader may have kept, or is still at, is left alone", async () => {
    const workplace: Workplace = { held: null };
    const [a, b, c] = matrices.map((matrix) => packMatrix(matrix, scheme, workplace).codes) as LazyTensor[];
    const kept: Uint8Array[] = [];
    for await (const piece of (a as LazyTensor).stream(100)) kept.push(piece);
    const reading = (b as LazyTensor).stream(100, undefined, true)[Symbol.asyncIterator]();
    const first = (await reading.next()).value as Uint8Array;
    await (c as LazyTensor).read();
    const rest: Uint8Array[] = [first];
    for (let next = await reading.next(); !next.done; next = await reading.next()) rest.push(next.value);
    expect(Buffer.concat(kept).equals(await bytesOf(alone[0]?.codes as LazyTensor))).toBe(true);
    expect(Buffer.concat(rest).equals(await bytesOf(alone[1]?.codes as LazyTensor))).toBe(true);
  });
});
