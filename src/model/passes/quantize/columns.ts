import { type BlockScheme, type Blocks, setScales, wordsOfBlock } from "./blocks.ts";

/** Rows of a matrix, one after the other, of which some columns are looked at. */
interface Slab {
  readonly elements: Float32Array;
  readonly rows: number;
  /** Of the whole matrix. */
  readonly columns: number;
  /** The first column that is looked at; as many as there are blocks. */
  readonly from: number;
}

/** Where the words of the blocks go: those of the columns lie `stride` words apart, the first of them at `word`. */
interface Place {
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
  { words, word: first, stride }: Place,
): void {
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

/** Room for the smallest and the largest element of each column. */
export interface Ranges {
  readonly lows: Float32Array;
  readonly highs: Float32Array;
}

export function createRanges(count: number): Ranges {
  return { lows: new Float32Array(count), highs: new Float32Array(count) };
}

function rangeOfColumns(slab: Slab, lows: Float32Array, highs: Float32Array): void {
  const { elements, rows, columns, from } = slab;
  const count = lows.length;
  lows.set(elements.subarray(from, from + count));
  highs.set(lows);
  let row = 1;
  for (; row + 4 <= rows; row += 4) {
    let a = row * columns + from;
    let b = a + columns;
    let c = b + columns;
    let d = c + columns;
    for (let i = 0; i < count; i++, a++, b++, c++, d++) {
      const w = elements[a] as number;
      const x = elements[b] as number;
      const y = elements[c] as number;
      const z = elements[d] as number;
      let low = lows[i] as number;
      let high = highs[i] as number;
      if (w < low) low = w;
      if (w > high) high = w;
      if (x < low) low = x;
      if (x > high) high = x;
      if (y < low) low = y;
      if (y > high) high = y;
      if (z < low) low = z;
      if (z > high) high = z;
      lows[i] = low;
      highs[i] = high;
    }
  }
  for (; row < rows; row++) {
    const at = row * columns + from;
    for (let i = 0; i < count; i++) {
      const x = elements[at + i] as number;
      if (x < (lows[i] as number)) lows[i] = x;
      if (x > (highs[i] as number)) highs[i] = x;
    }
  }
}

/** Eight rows of 4 bits are a word of each column: that is written once. */
function pack8(slab: Slab, row: number, blocks: Blocks, { words, word, stride }: Place): void {
  const { elements, columns, from } = slab;
  const { zeros, inverses } = blocks;
  const count = zeros.length;
  const start = row * columns + from;
  for (let i = 0; i < count; i++) {
    const inverse = inverses[i] as number;
    const zero = zeros[i] as number;
    let at = start + i;
    let packed = code4(elements[at] as number, inverse, zero);
    at += columns;
    packed |= code4(elements[at] as number, inverse, zero) << 4;
    at += columns;
    packed |= code4(elements[at] as number, inverse, zero) << 8;
    at += columns;
    packed |= code4(elements[at] as number, inverse, zero) << 12;
    at += columns;
    packed |= code4(elements[at] as number, inverse, zero) << 16;
    at += columns;
    packed |= code4(elements[at] as number, inverse, zero) << 20;
    at += columns;
    packed |= code4(elements[at] as number, inverse, zero) << 24;
    at += columns;
    packed |= code4(elements[at] as number, inverse, zero) << 28;
    words[i * stride + word] = packed;
  }
}

/** Halves are rounded up, which from 0 on is away from zero, as C's roundf does it. */
function code4(element: number, inverse: number, zero: number): number {
  const place = Math.fround(Math.fround(element * inverse) + zero);
  return place < 0 ? 0 : place > 15 ? 15 : (place + 0.5) | 0;
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
    let at = start + i;
    let packed = code8(elements[at] as number, inverse, zero);
    at += columns;
    packed |= code8(elements[at] as number, inverse, zero) << 8;
    at += columns;
    packed |= code8(elements[at] as number, inverse, zero) << 16;
    at += columns;
    packed |= code8(elements[at] as number, inverse, zero) << 24;
    words[i * stride + word] = packed;
  }
}

function code8(element: number, inverse: number, zero: number): number {
  const place = Math.fround(Math.fround(element * inverse) + zero);
  return place < 0 ? 0 : place > 255 ? 255 : (place + 0.5) | 0;
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
