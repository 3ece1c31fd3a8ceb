import { elementCount } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { type Engine, engine, MEMORY } from "../simd/engine.ts";
import { CODES } from "../simd/routines.ts";
import { floatRuns } from "./floats.ts";
import { ABSOLUTE, largestBits } from "./magnitude.ts";

/** Smallest normal float32: a channel of smaller numbers is one of zeros. */
const TINY = 1.1754943508222875e-38;

/** The largest absolute value of each of the last axis' elements, or of each row; infinite where one is no finite number. */
export async function largestOfChannels(
  content: LazyTensor,
  length: number,
  areRows: boolean,
  signal?: AbortSignal,
  vectors: Engine | null = engine(),
): Promise<Float32Array> {
  const count = areRows ? elementCount(content.shape, content.name) / length : length;
  const largest = new Float32Array(count);
  // The absolute values of floats are in the order of the whole numbers that their bits are; what is no number is above all.
  const held = new Int32Array(largest.buffer);
  let row = 0;
  for await (const run of floatRuns(content, length, signal)) {
    const bits = new Int32Array(run.buffer, run.byteOffset, run.length);
    if (areRows)
      for (let at = 0; at < run.length; at += length)
        held[row++] = largestBits(bits.subarray(at, at + length));
    else if (vectors && length >= CODES) raiseInVectors(held, bits, vectors);
    else raise(held, bits, 0);
  }
  return largest.map((each) => (Number.isNaN(each) ? Infinity : each));
}

/** Columns from one on of some rows. */
function raise(held: Int32Array, bits: Int32Array, from: number): void {
  const length = held.length;
  for (let row = 0; row < bits.length; row += length) {
    for (let i = from; i < length; i++) {
      const size = (bits[row + i] as number) & ABSOLUTE;
      if (size > (held[i] as number)) held[i] = size;
    }
  }
}

/** The same, as many columns at a time as there is room for beside what is held of them. */
function raiseInVectors(held: Int32Array, bits: Int32Array, { words, largest }: Engine): void {
  const length = held.length;
  const end = length - (length % 4);
  const room = MEMORY / 8;
  for (let from = 0; from < end; from += room) {
    const to = Math.min(end, from + room);
    words.set(held.subarray(from, to), room);
    for (let row = 0; row < bits.length; row += length) {
      words.set(bits.subarray(row + from, row + to));
      largest(0, 4 * (to - from), 4 * room);
    }
    held.set(words.subarray(room, room + to - from), from);
  }
  raise(held, bits, end);
}

/**
 * Scales of symmetric channels of int8, as onnxruntime.quantization has them (quant_utils.py, compute_scale_zp).
 * @param most the largest code: 127, or 64 where sums of two products must fit 16 bits
 */
export function scalesOf(largest: Float32Array, most: number): Float32Array {
  return largest.map((each) => {
    const scale = (2 * each) / (2 * most);
    return scale < TINY ? 1 : scale;
  });
}

const CHUNK = 960 * 1024;

/** Adding and taking away this rounds a float32 below 2²² to a whole number, halves to even ones. */
const ROUND = 1.5 * 2 ** 23;

/** A tensor of int8 in the place of one of floats: each element over its channel's scale. It is worked out when it is read. */
export function channelCodes(
  content: LazyTensor,
  length: number,
  areRows: boolean,
  scales: Float32Array,
  most: number,
  vectors: Engine | null = engine(),
): LazyTensor {
  const { shape } = content;
  const count = elementCount(shape, content.name);
  const stream: LazyTensor["stream"] = async function* (chunk = CHUNK, signal, reuse = false) {
    let row = 0;
    let kept: Int8Array | null = null;
    for await (const run of floatRuns(content, length, signal)) {
      // A piece that was handed out is its reader's, unless that is done with it.
      const codes: Int8Array = kept?.length === run.length ? kept : new Int8Array(run.length);
      if (reuse) kept = codes;
      if (areRows)
        for (let at = 0; at < run.length; at += length, row++) {
          const scale = scales.subarray(row, row + 1);
          roundRows(
            run.subarray(at, at + length),
            codes.subarray(at, at + length),
            length,
            scale,
            most,
            vectors,
          );
        }
      else roundRows(run, codes, length, scales, most, vectors);
      const bytes = new Uint8Array(codes.buffer);
      for (let at = 0; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk);
    }
  };
  return {
    name: "",
    dtype: "int8",
    shape,
    byteLength: count,
    origin: { derived: `${content.name} in 8 bits` },
    stream,
    async read(signal) {
      const data = new Int8Array(count);
      let at = 0;
      for await (const piece of stream(CHUNK, signal)) {
        data.set(new Int8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
        at += piece.byteLength;
      }
      return { dtype: "int8", shape, data };
    },
  };
}

/** The codes of rows. @param scales one for all, or one for each column */
function roundRows(
  run: Float32Array,
  codes: Int8Array,
  length: number,
  scales: Float32Array,
  most: number,
  vectors: Engine | null,
): void {
  const done = vectors ? roundInVectors(run, codes, length, scales, most, vectors) : 0;
  const step = scales.length === 1 ? 0 : 1;
  for (let row = 0; row < run.length; row += length)
    for (let i = done; i < length; i++)
      codes[row + i] = codeOf(run[row + i] as number, scales[i * step] as number, most);
}

/** The same of all columns that fill vectors, as many at a time as there is room for beside their scales and codes. @returns how many */
function roundInVectors(
  run: Float32Array,
  codes: Int8Array,
  length: number,
  scales: Float32Array,
  most: number,
  vectors: Engine,
): number {
  const { floats, bytes } = vectors;
  const end = length - (length % CODES);
  const room = MEMORY / 16;
  for (let from = 0; from < end; from += room) {
    const to = Math.min(end, from + room);
    const count = to - from;
    if (scales.length > 1) floats.set(scales.subarray(from, to), room);
    for (let row = 0; row < run.length; row += length) {
      floats.set(run.subarray(row + from, row + to));
      if (scales.length > 1) vectors.codes(0, count, 4 * room, most, 8 * room);
      else vectors.codesOfOne(0, count, scales[0] as number, most, 8 * room);
      codes.set(bytes.subarray(8 * room, 8 * room + count), row + from);
    }
  }
  return end;
}

/** The code of an element over its channel's scale. */
export function codeOf(element: number, scale: number, most: number): number {
  const place = Math.fround(Math.fround(Math.fround(element / scale) + ROUND) - ROUND);
  return Math.max(-most, Math.min(most, place));
}
