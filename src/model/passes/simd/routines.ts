import {
  assemble,
  type Code,
  each,
  f32x4,
  float,
  get,
  i32,
  i32x4,
  int,
  narrow,
  type Routine,
  set,
  v128,
} from "./assemble.ts";

/** Rows that are looked at together: as many as one word of 4 bits holds. */
export const ROWS = 8;

/** Codes of bytes that are written together. */
export const CODES = 16;

/**
 * The smallest and the largest element of each column, of those that are held already and of eight rows.
 * @remarks elements at `rows`, the rows `stride` bytes apart; the columns take `length` bytes of each
 */
function ranges(): Routine {
  const [rows, stride, length, lows, highs, i, at, low, high, x] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const row: Code = [
    ...set(x, v128.load(get(at))),
    ...set(low, f32x4.lesser(get(low), get(x))),
    ...set(high, f32x4.greater(get(high), get(x))),
    ...set(at, i32.add(get(at), get(stride))),
  ];
  return {
    name: "ranges",
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "i32", "v128", "v128", "v128"],
    body: each(i, 16, get(length), [
      ...set(at, i32.add(get(rows), get(i))),
      ...set(low, v128.load(i32.add(get(lows), get(i)))),
      ...set(high, v128.load(i32.add(get(highs), get(i)))),
      ...Array.from({ length: ROWS }, () => row).flat(),
      ...v128.store(i32.add(get(lows), get(i)), get(low)),
      ...v128.store(i32.add(get(highs), get(i)), get(high)),
    ]),
  };
}

/**
 * The largest float below a half. With it, and not with a half, a float from 0 to 2²² rounds to the nearest whole number, halves up,
 * where the sum is a float too: 0.49999997 + 0.5 would be 1.
 */
const BELOW_HALF = 0.49999997;

/** The four elements of a vector, `stride` bytes apart from `to` on, which then is that of the next four. */
function scatter(to: number, stride: number, value: number): Code {
  return [0, 1, 2, 3].flatMap((lane) => [
    ...v128.storeOne(lane, get(to), get(value)),
    ...set(to, i32.add(get(to), get(stride))),
  ]);
}

/**
 * Scales of symmetric blocks, `stride` bytes apart, and in the place of what is largest by what elements are multiplied: as
 * `setScales` has them.
 */
function symmetric(): Routine {
  const [length, lows, highs, factor, to, stride, i, low, high, scale] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const furthest = v128.select(
    get(high),
    get(low),
    f32x4.isGreater(f32x4.abs(get(high)), f32x4.abs(get(low))),
  );
  const isZero = f32x4.isEqual(get(scale), f32x4.splat(float(0)));
  return {
    name: "symmetric",
    parameters: ["i32", "i32", "i32", "f32", "i32", "i32"],
    locals: ["i32", "v128", "v128", "v128"],
    body: each(i, 16, get(length), [
      ...set(low, v128.load(i32.add(get(lows), get(i)))),
      ...set(high, v128.load(i32.add(get(highs), get(i)))),
      ...set(scale, f32x4.mul(furthest, f32x4.splat(get(factor)))),
      ...v128.store(
        i32.add(get(highs), get(i)),
        v128.andNot(f32x4.div(f32x4.splat(float(1)), get(scale)), isZero),
      ),
      ...scatter(to, stride, scale),
    ]),
  };
}

/** A word of codes of each column, of as many rows as it holds, `apart` bytes from each other: as `packColumns` has them. */
function words(bits: 4 | 8): Routine {
  const [rows, stride, length, inverses, zeros, to, apart, i, at, inverse, zero, word] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ];
  const row = (shift: number): Code => {
    const place = f32x4.add(f32x4.mul(v128.load(get(at)), get(inverse)), get(zero));
    // What is no number, which 0 by an infinite inverse is, becomes 0.
    const within = f32x4.lesser(
      f32x4.splat(float(2 ** bits - 1)),
      f32x4.greater(f32x4.splat(float(0)), place),
    );
    const code = i32x4.truncate(f32x4.add(within, f32x4.splat(float(BELOW_HALF))));
    return [
      ...set(word, shift === 0 ? code : v128.or(get(word), i32x4.shiftLeft(code, int(shift)))),
      ...set(at, i32.add(get(at), get(stride))),
    ];
  };
  return {
    name: `words${bits}`,
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "i32", "v128", "v128", "v128"],
    body: each(i, 16, get(length), [
      ...set(at, i32.add(get(rows), get(i))),
      ...set(inverse, v128.load(i32.add(get(inverses), get(i)))),
      ...set(zero, v128.load(i32.add(get(zeros), get(i)))),
      ...Array.from({ length: 32 / bits }, (_, j) => row(j * bits)).flat(),
      ...scatter(to, apart, word),
    ]),
  };
}

/** The largest absolute value of each column, of those that are held already and of one row, as whole numbers: see magnitude.ts. */
function largest(): Routine {
  const [row, length, held, i] = [0, 1, 2, 3];
  const size = v128.and(v128.load(i32.add(get(row), get(i))), i32x4.splat(int(0x7fffffff)));
  const at = i32.add(get(held), get(i));
  return {
    name: "largest",
    parameters: ["i32", "i32", "i32"],
    locals: ["i32"],
    body: each(i, 16, get(length), v128.store(at, i32x4.greater(v128.load(at), size))),
  };
}

/** Of the first four elements, the next four and so on, the largest absolute values, in their order, as whole numbers. */
function magnitude(): Routine {
  const [from, length, to, i, most] = [0, 1, 2, 3, 4];
  const size = v128.and(v128.load(i32.add(get(from), get(i))), i32x4.splat(int(0x7fffffff)));
  return {
    name: "magnitude",
    parameters: ["i32", "i32", "i32"],
    locals: ["i32", "v128"],
    body: [
      ...each(i, 16, get(length), set(most, i32x4.greater(get(most), size))),
      ...v128.store(get(to), get(most)),
    ],
  };
}

/** Adding and taking away this rounds a float below 2²² to a whole number, halves to even ones. */
const ROUND = 1.5 * 2 ** 23;

/** Elements of a row over scales, rounded, as bytes: as `codeOf` has them. */
function codes(name: string, scaleAt: (scale: number, from: Code) => Code, isOne: boolean): Routine {
  const [row, length, scales, most, to, i, from, out] = [0, 1, 2, 3, 4, 5, 6, 7];
  const four = (j: number): Code => {
    const at = i32.add(get(from), int(16 * j));
    const scaled = f32x4.div(v128.load(i32.add(get(row), at)), scaleAt(scales, at));
    const round = f32x4.splat(float(ROUND));
    const place = f32x4.sub(f32x4.add(scaled, round), round);
    const limit = f32x4.splat(get(most));
    const least = f32x4.sub(f32x4.splat(float(0)), limit);
    return i32x4.truncate(f32x4.greater(least, f32x4.lesser(limit, place)));
  };
  return {
    name,
    parameters: ["i32", "i32", isOne ? "f32" : "i32", "f32", "i32"],
    locals: ["i32", "i32", "i32"],
    body: each(i, CODES, get(length), [
      ...set(from, i32.add(i32.add(get(i), get(i)), i32.add(get(i), get(i)))),
      ...set(out, i32.add(get(to), get(i))),
      ...v128.store(get(out), narrow.to8(narrow.to16(four(0), four(1)), narrow.to16(four(2), four(3)))),
    ]),
  };
}

/** Addresses and lengths are in bytes; lengths are multiples of a vector, of `codes` and `codesOfOne` in codes and multiples of 16. */
export interface Routines {
  ranges(rows: number, stride: number, length: number, lows: number, highs: number): void;
  symmetric(length: number, lows: number, highs: number, factor: number, to: number, stride: number): void;
  words4: Words;
  words8: Words;
  largest(row: number, length: number, held: number): void;
  magnitude(from: number, length: number, to: number): void;
  codes(row: number, length: number, scales: number, most: number, to: number): void;
  codesOfOne(row: number, length: number, scale: number, most: number, to: number): void;
}

type Words = (
  rows: number,
  stride: number,
  length: number,
  inverses: number,
  zeros: number,
  to: number,
  apart: number,
) => void;

export function routines(): Uint8Array<ArrayBuffer> {
  return assemble([
    ranges(),
    symmetric(),
    words(4),
    words(8),
    largest(),
    magnitude(),
    codes("codes", (scales, at) => v128.load(i32.add(get(scales), at)), false),
    codes("codesOfOne", (scale) => f32x4.splat(get(scale)), true),
  ]);
}
