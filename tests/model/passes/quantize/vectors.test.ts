// Loops over vectors say what the plain loops say, bit for bit: those are held to onnxruntime's quantisers, and every engine runs them.
import { describe, expect, test } from "vitest";
import {
  type BlockScheme,
  createRanges,
  createScales,
  wordsOfBlock,
} from "../../../../src/model/passes/quantize/blocks.ts";
import { channelCodes, largestOfChannels, scalesOf } from "../../../../src/model/passes/quantize/channels.ts";
import { quantizeColumns } from "../../../../src/model/passes/quantize/columns.ts";
import { largestOf } from "../../../../src/model/passes/quantize/magnitude.ts";
import { type Engine, engine } from "../../../../src/model/passes/simd/engine.ts";
import { SEED } from "../../../seed.ts";
import { random } from "../../../serve/random.ts";
import { bytesOf, tensor } from "./made.ts";

const NUMBERS: readonly [string, (i: number, next: () => number) => number][] = [
  ["around 0", (_, next) => next() - 0.5],
  ["of one sign", (_, next) => -next() - 0.25],
  [
    "zeros of both signs, and few others",
    (i, next) => [0, -0, 0, -0, i % 11 === 0 ? next() - 0.5 : 0][i % 5] as number,
  ],
  ["halves between codes", (i) => ((i % 33) - 16) / 2],
  ["next to halves", (i) => (((i % 33) - 16) / 2) * (1 + ((i % 3) - 1) * 2 ** -23)],
  ["below the normal numbers", (i, next) => Math.round((next() - 0.5) * (i % 40)) * 2 ** -149],
  ["the largest and the smallest", (i, next) => (next() - 0.5) * 2 ** (i % 2 === 0 ? 128.9 : -126)],
];

function made(count: number, number: (i: number, next: () => number) => number): Float32Array {
  const next = random(SEED);
  return Float32Array.from({ length: count }, (_, i) => number(i, next));
}

test("there are vectors here", () => {
  expect(engine()).not.toBeNull();
});

/** Rows, columns, and which columns are looked at. */
const SLABS = [
  [32, 64, 0, 64],
  [32, 61, 0, 61],
  [32, 61, 7, 3],
  [32, 1, 0, 1],
  [32, 4103, 0, 4103],
  [32, 9000, 900, 8100],
  [19, 61, 5, 50],
  [96, 4093, 0, 4093],
  [139, 61, 1, 59],
] as const;

function quantized(
  [rows, columns, from, count]: (typeof SLABS)[number],
  scheme: BlockScheme,
  elements: Float32Array,
  vectors: Engine | null,
) {
  const each = Math.ceil(rows / scheme.size) + 1;
  const zeros = new Float32Array(count * each);
  const columnsOf = {
    codes: new Uint32Array(count * each * wordsOfBlock(scheme)),
    scales: new Float32Array(count * each),
    each,
    keep: scheme.symmetric
      ? null
      : (zero: number, column: number, block: number) => {
          zeros[column * each + block] = zero;
        },
    found: createScales(count),
    ranges: createRanges(count),
  };
  quantizeColumns({ elements, rows, columns, from }, scheme, columnsOf, 1, vectors);
  const { codes, scales } = columnsOf;
  return Buffer.concat([codes, scales, zeros].map(({ buffer }) => Buffer.from(buffer)));
}

describe("blocks of columns", () => {
  const schemes = [4, 8].flatMap((bits) =>
    [true, false].map((symmetric) => [bits as 4 | 8, symmetric] as const),
  );
  test.each(schemes)("%i bits, symmetric: %s", (bits, symmetric) => {
    for (const [name, number] of NUMBERS) {
      for (const slab of SLABS) {
        const elements = made(slab[0] * slab[1], number);
        const scheme = { bits, size: 32, symmetric };
        const [inVectors, plain] = [engine(), null].map((each) => quantized(slab, scheme, elements, each));
        expect(inVectors?.equals(plain as Buffer), `${name}, ${slab}`).toBe(true);
      }
    }
  });

  test.each([8, 16, 64, 128, 2048])("of %i rows", (size) => {
    for (const bits of [4, 8] as const) {
      const slab = [size, 301, 0, 301] as unknown as (typeof SLABS)[number];
      const elements = made(size * 301, (_, next) => next() - 0.5);
      const scheme = { bits, size, symmetric: false };
      const [inVectors, plain] = [engine(), null].map((each) => quantized(slab, scheme, elements, each));
      expect(inVectors?.equals(plain as Buffer)).toBe(true);
    }
  });
});

describe("channels", () => {
  const shapes = [
    [5, 64],
    [5, 61],
    [64, 3],
    [2, 70_001],
    [1, 140_000],
  ] as const;
  test.each(shapes)("%i × %i", async (rows, columns) => {
    for (const [name, number] of NUMBERS) {
      const content = tensor(made(rows * columns, number), [rows, columns]);
      for (const areRows of [true, false]) {
        const of = [content, columns, areRows] as const;
        const largest = await largestOfChannels(...of, undefined, engine());
        const same = await largestOfChannels(...of, undefined, null);
        expect(Buffer.from(largest.buffer).equals(Buffer.from(same.buffer)), name).toBe(true);
        for (const most of [127, 64]) {
          const scales = scalesOf(largest, most);
          const [inVectors, plain] = await Promise.all(
            [engine(), null].map((vectors) => bytesOf(channelCodes(...of, scales, most, vectors))),
          );
          expect(inVectors?.equals(plain as Buffer), name).toBe(true);
        }
      }
    }
  });

  test("the largest of all, wherever it lies", async () => {
    for (const count of [1, 3, 4, 131_071, 131_077]) {
      for (const at of [0, 1, 2, 3, 131_070, 131_071, 131_076].filter((place) => place < count)) {
        for (const [largest, expected] of [
          [-3, 3],
          [Number.NaN, Infinity],
          [-Infinity, Infinity],
        ] as const) {
          const numbers = made(count, (i, next) => (i === at ? largest : next() - 0.5));
          for (const vectors of [engine(), null])
            expect(await largestOf(tensor(numbers, [count]), undefined, vectors)).toBe(expected);
        }
      }
    }
    for (const vectors of [engine(), null])
      expect(await largestOf(tensor(new Float32Array(0), [0]), undefined, vectors)).toBe(0);
  });

  test("what is no number is the largest of its column or row", async () => {
    const numbers = made(40 * 40, (i, next) =>
      i === 77 ? Number.NaN : i === 155 ? Infinity : i === 1599 ? -Infinity : next(),
    );
    for (const vectors of [engine(), null]) {
      const columns = await largestOfChannels(tensor(numbers, [40, 40]), 40, false, undefined, vectors);
      const rows = await largestOfChannels(tensor(numbers, [40, 40]), 40, true, undefined, vectors);
      expect([...columns].flatMap((each, i) => (each === Infinity ? [i] : []))).toEqual([35, 37, 39]);
      expect([...rows].flatMap((each, i) => (each === Infinity ? [i] : []))).toEqual([1, 3, 39]);
    }
  });
});
