import { type BlockScheme, type Blocks, setScales, wordsOfBlock } from "./blocks.ts";
import { fitColumns, isFitted } from "./fit.ts";

/** Rows of a matrix, one after the other, of which some columns are looked at. */
export interface Slab {
  readonly elements: Float32Array;
  readonly rows: number;
  /** Of the whole matrix. */
  readonly columns: number;
  /** The first column that is looked at; as many as there are blocks. */
  readonly from: number;
}

/** Where the words of the blocks go: those of the columns lie `stride` words apart, the first of them at `word`. */
export interface Place {
  readonly words: Uint32Array;
  readonly word: number;
  readonly stride: number;
}

/**
 * Quantises one block of each column: as many rows as a block has elements, or fewer at the end, where the codes that are
 * left are 0.
 */
export function quantizeColumns(
  slab: Slab,
  scheme: BlockScheme,
  blocks: Blocks,
  { lows, highs }: Ranges,
  to: Place,
): void {
  if (isFitted(scheme)) {
    fitColumns(slab, scheme, blocks, to);
    return;
  }
  const { words, word: first, stride } = to;
  rangeOfColumns(slab, lows, highs);
  setScales(blocks, scheme, lows, highs);
  const perWord = 32 / scheme.bits;
  const count = wordsOfBlock(scheme);
  for (let i = 0; i < count; i++) {
    const row = i * perWord;
    const rows = Math.min(perWord, slab.rows - row);
    const place = { words, word: first + i, stride };
    if (rows === 8 && scheme.bits === 4) pack8(slab, row, blocks, place);
    else if (rows === 4 && scheme.bits === 8) pack4(slab, row, blocks, place);
    else packRows(slab, row, Math.max(0, rows), scheme.bits, blocks, place);
  }
}

/** Room for the smallest and the largest element of each column or block. */
export interface Ranges {
  readonly lows: Float32Array;
  readonly highs: Float32Array;
}

export function createRanges(count: number): Ranges {
  return { lows: new Float32Array(count), highs: new Float32Array(count) };
}

const MAGNITUDE = 0x7fffffff;

/**
 * The smallest and the largest element of each column, and 0: no scheme has a range without it. Floats of one sign are in the order
 * of the whole numbers that their bits are, of which the larger one is found without a branch: of weights nobody can guess which
 * it will be, and guessing wrong takes longer than all the rest.
 */
function rangeOfColumns(slab: Slab, lows: Float32Array, highs: Float32Array): void {
  const { elements, rows, columns, from } = slab;
  const count = lows.length;
  const bits = new Int32Array(elements.buffer, elements.byteOffset, elements.length);
  // How far the columns reach below and above 0.
  const below = new Int32Array(lows.buffer, lows.byteOffset, count).fill(0);
  const above = new Int32Array(highs.buffer, highs.byteOffset, count).fill(0);
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let a = row * columns + from;
    let b = a + columns;
    let c = b + columns;
    let d = c + columns;
    for (let i = 0; i < count; i++, a++, b++, c++, d++) {
      let low = below[i] as number;
      let high = above[i] as number;
      let x = bits[a] as number;
      let sign = x >> 31;
      low = larger(low, x & sign & MAGNITUDE);
      high = larger(high, x & ~sign);
      x = bits[b] as number;
      sign = x >> 31;
      low = larger(low, x & sign & MAGNITUDE);
      high = larger(high, x & ~sign);
      x = bits[c] as number;
      sign = x >> 31;
      low = larger(low, x & sign & MAGNITUDE);
      high = larger(high, x & ~sign);
      x = bits[d] as number;
      sign = x >> 31;
      below[i] = larger(low, x & sign & MAGNITUDE);
      above[i] = larger(high, x & ~sign);
    }
  }
  for (; row < rows; row++) {
    const at = row * columns + from;
    for (let i = 0; i < count; i++) {
      const x = bits[at + i] as number;
      const sign = x >> 31;
      below[i] = larger(below[i] as number, x & sign & MAGNITUDE);
      above[i] = larger(above[i] as number, x & ~sign);
    }
  }
  for (let i = 0; i < count; i++) {
    // Of a column of zeros the first one says which sign its scale of 0 has.
    if ((below[i] as number) === 0 && (above[i] as number) === 0) {
      lows[i] = elements[from + i] as number;
      highs[i] = lows[i] as number;
    } else lows[i] = -(lows[i] as number);
  }
}

/** Of two whole numbers from 0 to 2³¹ − 1. */
function larger(a: number, b: number): number {
  const less = (a - b) | 0;
  return (a - (less & (less >> 31))) | 0;
}

/**
 * Codes are worked out in fixed point, with so many bits behind the point, which takes a third of the time of rounding to float32
 * twice, as the quantisers do it that these are held to. Both give the same code unless what is rounded lies within a unit of a
 * border between two codes: those words are worked out again, slowly. A unit is four times what two roundings can make of codes
 * below 16, and of those below 256.
 */
const UNITS_4 = 2 ** 18;
const UNITS_8 = 2 ** 14;

/** Eight rows of 4 bits are a word of each column: that is written once. A code of 16 is one that was rounded up: it is 15. */
function pack8(slab: Slab, row: number, blocks: Blocks, { words, word, stride }: Place): void {
  const { elements, columns, from } = slab;
  const { zeros, inverses } = blocks;
  const count = zeros.length;
  const start = row * columns + from;
  for (let i = 0; i < count; i++) {
    const inverse = inverses[i] as number;
    const zero = zeros[i] as number;
    const times = inverse * UNITS_4;
    const half = (zero + 0.5) * UNITS_4;
    let at = start + i;
    let place = ((elements[at] as number) * times + half) | 0;
    let code = place >> 18;
    let packed = code - (code >> 4);
    let near = isNear4(place) | isCoarse(inverse);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 18;
    packed |= (code - (code >> 4)) << 4;
    near |= isNear4(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 18;
    packed |= (code - (code >> 4)) << 8;
    near |= isNear4(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 18;
    packed |= (code - (code >> 4)) << 12;
    near |= isNear4(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 18;
    packed |= (code - (code >> 4)) << 16;
    near |= isNear4(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 18;
    packed |= (code - (code >> 4)) << 20;
    near |= isNear4(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 18;
    packed |= (code - (code >> 4)) << 24;
    near |= isNear4(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 18;
    packed |= (code - (code >> 4)) << 28;
    near |= isNear4(place);
    words[i * stride + word] = near === 0 ? packed : slowly(slab, start + i, 4, inverse, zero);
  }
}

/** Whether a place in units is next to a border between codes; what is no number or beyond all codes is at 0, which is one. */
function isNear4(place: number): number {
  return ((place + 1) & (UNITS_4 - 2)) === 0 ? 1 : 0;
}

/** Of scales below the normal numbers codes may lie far beyond the last one. */
function isCoarse(inverse: number): number {
  return Math.abs(inverse) < 2 ** 126 ? 0 : 1;
}

/** Four rows of 8 bits. */
function pack4(slab: Slab, row: number, blocks: Blocks, { words, word, stride }: Place): void {
  const { elements, columns, from } = slab;
  const { zeros, inverses } = blocks;
  const count = zeros.length;
  const start = row * columns + from;
  for (let i = 0; i < count; i++) {
    const inverse = inverses[i] as number;
    const zero = zeros[i] as number;
    const times = inverse * UNITS_8;
    const half = (zero + 0.5) * UNITS_8;
    let at = start + i;
    let place = ((elements[at] as number) * times + half) | 0;
    let code = place >> 14;
    let packed = code - (code >> 8);
    let near = isNear8(place) | isCoarse(inverse);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 14;
    packed |= (code - (code >> 8)) << 8;
    near |= isNear8(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 14;
    packed |= (code - (code >> 8)) << 16;
    near |= isNear8(place);
    at += columns;
    place = ((elements[at] as number) * times + half) | 0;
    code = place >> 14;
    packed |= (code - (code >> 8)) << 24;
    near |= isNear8(place);
    words[i * stride + word] = near === 0 ? packed : slowly(slab, start + i, 8, inverse, zero);
  }
}

function isNear8(place: number): number {
  return ((place + 1) & (UNITS_8 - 2)) === 0 ? 1 : 0;
}

/** A word of codes, each rounded as the quantisers do it: halves up, which from 0 on is away from zero, as C's roundf does it. */
function slowly(
  { elements, columns }: Slab,
  start: number,
  bits: number,
  inverse: number,
  zero: number,
): number {
  const last = 2 ** bits - 1;
  let packed = 0;
  for (let shift = 0, at = start; shift < 32; shift += bits, at += columns) {
    const place = Math.fround(Math.fround((elements[at] as number) * inverse) + zero);
    packed |= (place < 0 ? 0 : place > last ? last : (place + 0.5) | 0) << shift;
  }
  return packed;
}

/** What is left at the end of a matrix. */
function packRows(
  slab: Slab,
  row: number,
  rows: number,
  bits: number,
  blocks: Blocks,
  { words, word, stride }: Place,
): void {
  const { elements, columns, from } = slab;
  const { zeros, inverses } = blocks;
  const last = 2 ** bits - 1;
  const count = zeros.length;
  for (let i = 0; i < count; i++) words[i * stride + word] = 0;
  for (let j = 0; j < rows; j++) {
    const start = (row + j) * columns + from;
    const shift = j * bits;
    for (let i = 0, at = word; i < count; i++, at += stride) {
      const scaled = Math.fround((elements[start + i] as number) * (inverses[i] as number));
      const place = Math.fround(scaled + (zeros[i] as number));
      const code = place < 0 ? 0 : place > last ? last : (place + 0.5) | 0;
      words[at] = (words[at] as number) | (code << shift);
    }
  }
}
