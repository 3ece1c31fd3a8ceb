import type { Signature, TensorData, TensorSpec } from "../../../model/tensor/tensor.ts";
import { allocate, type Carried, copyInto } from "../elements.ts";
import type { Slot } from "./messages.ts";

/** How made-up inputs look where the signature leaves it open. */
export interface Guess {
  /** Length of every dimension, besides the leading one, that is not fixed. */
  readonly inner: number;
  /** Integers are 0 to this. */
  readonly integers: number;
}

/**
 * Tried in turn. Small integers, because they are mostly indices into tables; 0 and 1 for the smallest tables and
 * for masks; 64 for pictures, which shrink on their way through a net.
 */
export const GUESSES: readonly Guess[] = [
  { inner: 8, integers: 3 },
  { inner: 8, integers: 1 },
  { inner: 64, integers: 3 },
  { inner: 64, integers: 1 },
  { inner: 1, integers: 1 },
];
/** The same where no dimension is left to guess. */
export const CLOSED_GUESSES: readonly Guess[] = GUESSES.filter(({ inner }) => inner === 8);

/** Factors of the rows: where a row's size leaks into the others' answers, rows of one size would hide it. */
const SIZES = [1, 3, 0.3, 2] as const;

/** The inputs of the model made of the given rows, each row the same whenever it is asked for. */
export function inputRows(signature: Signature, guess: Guess, rows: readonly number[]): Slot[] {
  return signature.inputs.flatMap((spec, i) => {
    const inner = (spec.shape ?? []).slice(1).map((dim) => (typeof dim === "number" ? dim : guess.inner));
    const width = inner.reduce((product, length) => product * length, 1);
    const dtype = spec.dtype as Carried;
    const data = allocate(dtype, rows.length * width);
    rows.forEach((row, at) => {
      copyInto(data, at * width, makeRow(spec, width, row, guess, random(1 + row * 1000 + i)));
    });
    return [[rows.length, ...inner], data] satisfies Slot[];
  });
}

export function makeRow(
  spec: TensorSpec,
  width: number,
  row: number,
  guess: Guess,
  next: () => number,
): TensorData {
  const dtype = spec.dtype as Carried;
  const data = allocate(dtype, width);
  const size = SIZES[row % SIZES.length] as number;
  for (let i = 0; i < width; i++) {
    // The first integer tells the rows apart even where a row is one integer.
    const integer = Math.min(
      guess.integers,
      i === 0 ? (row + 3) % 4 : Math.floor(next() * (guess.integers + 1)),
    );
    if (Array.isArray(data)) data[i] = String(integer);
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(integer);
    else if (dtype === "float32" || dtype === "float64") data[i] = (2 * next() - 1) * size;
    else if (dtype === "float16") data[i] = halfWord(next, row);
    else if (dtype === "bool") data[i] = Math.floor(next() * 2);
    else if (dtype === "uint8") data[i] = Math.floor(next() * 256);
    else data[i] = integer;
  }
  return data;
}

/** A half-precision word between 0.25 and 4 of either sign: sign, exponent by the row, random fraction. */
function halfWord(next: () => number, row: number): number {
  const sign = next() < 0.5 ? 0x8000 : 0;
  return sign | ((13 + (row % 4)) << 10) | Math.floor(next() * 1024);
}

/** mulberry32: a seeded generator, so that a model is judged the same way each time it is loaded. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
