import { type Engine, engine, MEMORY } from "../simd/engine.ts";
import { ROWS } from "../simd/routines.ts";
import { type BlockScheme, type Blocks, type Ranges, setScales, wordsOfBlock } from "./blocks.ts";
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
 * @param vectors null: without
 */
export function quantizeColumns(
  slab: Slab,
  scheme: BlockScheme,
  blocks: Blocks,
  ranges: Ranges,
  to: Place,
  vectors: Engine | null = engine(),
): void {
  if (isFitted(scheme)) fitColumns(slab, scheme, blocks, to);
  else if (vectors && slab.rows === scheme.size) inVectors(slab, scheme, blocks, ranges, to, vectors);
  else {
    rangeOfColumns(slab, ranges);
    setScales(blocks, scheme, ranges);
    packColumns(slab, scheme, blocks, to);
  }
}

function rangeOfColumns({ elements, rows, columns, from }: Slab, { lows, highs }: Ranges): void {
  const count = lows.length;
  lows.set(elements.subarray(from, from + count));
  highs.set(lows);
  for (let row = 1; row < rows; row++) {
    const start = row * columns + from;
    for (let i = 0; i < count; i++) {
      const x = elements[start + i] as number;
      if (x < (lows[i] as number)) lows[i] = x;
      if (x > (highs[i] as number)) highs[i] = x;
    }
  }
}

/** Codes are rounded twice to float32, and halves up, as the quantisers do it that these are held to. */
function packColumns(
  { elements, rows, columns, from }: Slab,
  scheme: BlockScheme,
  { zeros, inverses }: Blocks,
  { words, word, stride }: Place,
): void {
  const { bits } = scheme;
  const last = 2 ** bits - 1;
  const perWord = 32 / bits;
  const count = wordsOfBlock(scheme);
  for (let i = 0; i < zeros.length; i++) {
    const first = i * stride + word;
    const inverse = inverses[i] as number;
    const zero = zeros[i] as number;
    words.fill(0, first, first + count);
    for (let row = 0, at = from + i; row < rows; row++, at += columns) {
      const place = Math.fround(Math.fround((elements[at] as number) * inverse) + zero);
      const code = place < 0 ? 0 : place > last ? last : (place + 0.5) | 0;
      const to = first + Math.floor(row / perWord);
      words[to] = (words[to] as number) | (code << ((row % perWord) * bits));
    }
  }
}

/** Columns that are worked on together: their rows and what comes of them fit the engine's memory; more would gain nothing. */
const MOST_COLUMNS = 4096;

/** The same as the three above, bit for bit. */
function inVectors(
  slab: Slab,
  scheme: BlockScheme,
  blocks: Blocks,
  { lows, highs }: Ranges,
  to: Place,
  vectors: Engine,
): void {
  const { bits, size } = scheme;
  const count = wordsOfBlock(scheme);
  const total = lows.length;
  const fitting = Math.floor(MEMORY / 4 / (size + 2 + count));
  const width = Math.min(MOST_COLUMNS, fitting - (fitting % 4), total + (-total & 3));
  const { floats, words } = vectors;
  const [first, second] = [size * width, (size + 1) * width];
  const codes = (size + 2) * width;
  const pack = bits === 4 ? vectors.words4 : vectors.words8;
  for (let from = 0; from < total; from += width) {
    const columns = Math.min(width, total - from);
    copyRows(slab, from, columns, width, floats);
    floats.copyWithin(first, 0, columns);
    floats.copyWithin(second, 0, columns);
    for (let row = 0; row < size; row += ROWS)
      vectors.ranges(4 * row * width, 4 * width, 4 * columns, 4 * first, 4 * second);
    lows.set(floats.subarray(first, first + columns), from);
    highs.set(floats.subarray(second, second + columns), from);
    const part = partOf(blocks, from, columns);
    setScales(part, scheme, {
      lows: lows.subarray(from, from + columns),
      highs: highs.subarray(from, from + columns),
    });
    floats.set(part.inverses, first);
    floats.set(part.zeros, second);
    for (let i = 0; i < count; i++) {
      const row = 4 * ((i * 32) / bits) * width;
      pack(row, 4 * width, 4 * columns, 4 * first, 4 * second, 4 * (codes + i * width));
    }
    for (let i = 0; i < columns; i++) {
      const at = (from + i) * to.stride + to.word;
      for (let j = 0; j < count; j++) to.words[at + j] = words[codes + j * width + i] as number;
    }
  }
}

/** Some columns of a slab, of which each row takes `width`. */
function copyRows(slab: Slab, from: number, columns: number, width: number, into: Float32Array): void {
  const { elements, rows } = slab;
  if (columns === slab.columns && columns === width) {
    into.set(elements.subarray(0, rows * columns));
    return;
  }
  for (let row = 0; row < rows; row++) {
    const start = row * slab.columns + slab.from + from;
    into.set(elements.subarray(start, start + columns), row * width);
  }
}

function partOf({ words, scales, zeros, inverses }: Blocks, from: number, count: number): Blocks {
  const part = (all: Float32Array) => all.subarray(from, from + count);
  return { words, scales: part(scales), zeros: part(zeros), inverses: part(inverses) };
}
