import { type Engine, engine, MEMORY } from "../simd/engine.ts";
import { ROWS } from "../simd/routines.ts";
import {
  type BlockScheme,
  type Place,
  type Ranges,
  type Scales,
  type Slab,
  setScales,
  wordsOfBlock,
} from "./blocks.ts";
import { fitColumns, isFitted } from "./fit.ts";

/** Columns that become blocks, those of each one after the other. */
export interface Columns {
  readonly codes: Uint32Array;
  readonly scales: Float32Array;
  /** Blocks of a column. */
  readonly each: number;
  /** Keeps the zero point of a block; null where all are the middle. */
  readonly keep: ((zero: number, column: number, block: number) => void) | null;
  /** Of one block of each column, for whoever is working one out. */
  readonly found: Scales;
  readonly ranges: Ranges;
}

/**
 * Quantises rows of a matrix, so many of which are a block of each column as a block has elements; fewer may be left at the end, where
 * codes that nothing is left for are 0.
 * @param first block of the columns that is made
 * @param vectors null: without
 */
export function quantizeColumns(
  slab: Slab,
  scheme: BlockScheme,
  to: Columns,
  first: number,
  vectors: Engine | null = engine(),
): void {
  const { elements, rows, columns, from } = slab;
  const { size } = scheme;
  let row = 0;
  if (vectors && !isFitted(scheme)) {
    const blocks = Math.floor(rows / size);
    inVectors(slab, scheme, to, first, blocks, vectors);
    row = blocks * size;
  }
  for (; row < rows; row += size) {
    const part = elements.subarray(row * columns);
    const block = first + row / size;
    quantizeBlock({ elements: part, rows: Math.min(size, rows - row), columns, from }, scheme, to, block);
  }
}

/** One block of each column. */
function quantizeBlock(slab: Slab, scheme: BlockScheme, to: Columns, block: number): void {
  const { codes, scales, each, keep, found, ranges } = to;
  const count = wordsOfBlock(scheme);
  const place = { words: codes, word: block * count, stride: each * count };
  if (isFitted(scheme)) fitColumns(slab, scheme, found, place);
  else {
    rangeOfColumns(slab, ranges);
    setScales(found, scheme, ranges);
    packColumns(slab, scheme, found, place);
  }
  for (let i = 0; i < found.scales.length; i++) scales[i * each + block] = found.scales[i] as number;
  if (keep) for (let i = 0; i < found.zeros.length; i++) keep(found.zeros[i] as number, i, block);
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
  { zeros, inverses }: Scales,
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

/** Some whole blocks of each column: the same as `quantizeBlock` makes one after the other, bit for bit. */
function inVectors(
  slab: Slab,
  scheme: BlockScheme,
  to: Columns,
  first: number,
  blocks: number,
  vectors: Engine,
): void {
  const { size, symmetric, bits } = scheme;
  const count = wordsOfBlock(scheme);
  const { floats, words } = vectors;
  const scales = new Uint32Array(to.scales.buffer, to.scales.byteOffset, to.scales.length);
  const total = to.found.scales.length;
  const fitting = Math.floor(MEMORY / 4 / (size + 3 + blocks * (1 + count)));
  const width = Math.min(MOST_COLUMNS, fitting - (fitting % 4), total + (-total & 3));
  const room = roomOf(width, scheme, blocks);
  for (let from = 0; from < total; from += width) {
    const columns = Math.min(width, total - from);
    if (symmetric) floats.fill(2 ** (bits - 1), room.zeros, room.zeros + columns);
    for (let block = 0; block < blocks; block++) {
      copyRows(slab, from, columns, width, block * size, size, floats);
      findScales(scheme, to, from, columns, first + block, block, room, vectors);
      pack(scheme, columns, block, room, vectors);
    }
    move(
      words,
      room.codes,
      blocks * count,
      to.codes,
      (from * to.each + first) * count,
      to.each * count,
      columns,
    );
    move(words, room.scales, blocks, scales, from * to.each + first, to.each, columns);
  }
}

/** Runs of `length` that lie one after the other to where they lie `stride` apart. */
function move(
  source: Uint32Array,
  from: number,
  length: number,
  target: Uint32Array,
  to: number,
  stride: number,
  runs: number,
): void {
  for (let run = 0, read = from, start = to; run < runs; run++, start += stride)
    for (let i = 0; i < length; i++, read++) target[start + i] = source[read] as number;
}

/** Where things lie in the engine's memory, which begins with the rows of one block: in words. */
interface Room {
  readonly width: number;
  readonly blocks: number;
  /** Smallest and largest elements, and in their place 1 / scale. */
  readonly lows: number;
  readonly highs: number;
  readonly zeros: number;
  /** Of each column those of all blocks. */
  readonly scales: number;
  readonly codes: number;
}

function roomOf(width: number, { size }: BlockScheme, blocks: number): Room {
  const lows = size * width;
  const [highs, zeros, scales] = [lows + width, lows + 2 * width, lows + 3 * width];
  return { width, blocks, lows, highs, zeros, scales, codes: scales + blocks * width };
}

/** Of one block of each column. */
function findScales(
  scheme: BlockScheme,
  { keep, found, ranges }: Columns,
  from: number,
  columns: number,
  block: number,
  place: number,
  { width, blocks, lows, highs, zeros, scales }: Room,
  vectors: Engine,
): void {
  const { floats } = vectors;
  floats.copyWithin(lows, 0, columns);
  floats.copyWithin(highs, 0, columns);
  for (let row = 0; row < scheme.size; row += ROWS)
    vectors.ranges(4 * row * width, 4 * width, 4 * columns, 4 * lows, 4 * highs);
  const to = scales + place;
  if (scheme.symmetric) {
    const factor = -1 / 2 ** (scheme.bits - 1);
    vectors.symmetric(4 * columns, 4 * lows, 4 * highs, factor, 4 * to, 4 * blocks);
    return;
  }
  const part = (all: Float32Array) => all.subarray(from, from + columns);
  const of = { scales: part(found.scales), zeros: part(found.zeros), inverses: part(found.inverses) };
  const held = { lows: part(ranges.lows), highs: part(ranges.highs) };
  held.lows.set(floats.subarray(lows, lows + columns));
  held.highs.set(floats.subarray(highs, highs + columns));
  setScales(of, scheme, held);
  floats.set(of.inverses, highs);
  floats.set(of.zeros, zeros);
  for (let i = 0; i < columns; i++) {
    floats[to + i * blocks] = of.scales[i] as number;
    keep?.(of.zeros[i] as number, from + i, block);
  }
}

function pack(scheme: BlockScheme, columns: number, place: number, room: Room, vectors: Engine): void {
  const { width, highs, zeros, codes, blocks } = room;
  const count = wordsOfBlock(scheme);
  const perWord = 32 / scheme.bits;
  const write = scheme.bits === 4 ? vectors.words4 : vectors.words8;
  for (let i = 0; i < count; i++) {
    const row = 4 * i * perWord * width;
    const to = 4 * (codes + place * count + i);
    write(row, 4 * width, 4 * columns, 4 * highs, 4 * zeros, to, 4 * blocks * count);
  }
}

/** Some columns of some rows of a slab, of which each row takes `width`. */
function copyRows(
  slab: Slab,
  from: number,
  columns: number,
  width: number,
  first: number,
  rows: number,
  into: Float32Array,
): void {
  const { elements } = slab;
  const start = first * slab.columns + slab.from + from;
  if (columns === slab.columns && columns === width) {
    into.set(elements.subarray(start, start + rows * columns));
    return;
  }
  for (let row = 0; row < rows; row++) {
    const at = start + row * slab.columns;
    into.set(elements.subarray(at, at + columns), row * width);
  }
}
