import { elementCount } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { floatRuns } from "./floats.ts";

/** Smallest normal float32: a channel of smaller numbers is one of zeros. */
const TINY = 1.1754943508222875e-38;

/** The largest absolute value of each of the last axis' elements, or of each row; infinite where one is no finite number. */
export async function largestOfChannels(
  content: LazyTensor,
  length: number,
  areRows: boolean,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const count = areRows ? elementCount(content.shape, content.name) / length : length;
  const largest = new Float32Array(count);
  let row = 0;
  for await (const run of floatRuns(content, length, signal)) {
    if (areRows)
      for (let at = 0; at < run.length; at += length) largest[row++] = largestIn(run, at, at + length);
    else for (let at = 0; at < run.length; at += length) raise(largest, run, at);
  }
  return largest.map((each) => (Number.isNaN(each) ? Infinity : each));
}

function largestIn(run: Float32Array, from: number, to: number): number {
  let largest = 0;
  for (let i = from; i < to; i++) {
    const size = Math.abs(run[i] as number);
    // Nothing is larger than what is no number: that stays.
    if (size > largest || Number.isNaN(size)) largest = size;
  }
  return largest;
}

function raise(largest: Float32Array, run: Float32Array, from: number): void {
  for (let i = 0; i < largest.length; i++) {
    const size = Math.abs(run[from + i] as number);
    if (size > (largest[i] as number) || Number.isNaN(size)) largest[i] = size;
  }
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
      for (let at = 0; at < run.length; at += length, row++) {
        if (areRows) round(run, codes, at, length, scales[row] as number, most);
        else roundEach(run, codes, at, scales, most);
      }
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

/** The code of an element over its channel's scale. */
export function codeOf(element: number, scale: number, most: number): number {
  const place = Math.fround(Math.fround(Math.fround(element / scale) + ROUND) - ROUND);
  return Math.max(-most, Math.min(most, place));
}

function round(
  run: Float32Array,
  codes: Int8Array,
  from: number,
  length: number,
  scale: number,
  most: number,
) {
  for (let i = from; i < from + length; i++) {
    const place = Math.fround(Math.fround(Math.fround((run[i] as number) / scale) + ROUND) - ROUND);
    codes[i] = Math.max(-most, Math.min(most, place));
  }
}

function roundEach(run: Float32Array, codes: Int8Array, from: number, scales: Float32Array, most: number) {
  for (let i = 0; i < scales.length; i++) {
    const scaled = Math.fround((run[from + i] as number) / (scales[i] as number));
    const place = Math.fround(Math.fround(scaled + ROUND) - ROUND);
    codes[from + i] = Math.max(-most, Math.min(most, place));
  }
}
