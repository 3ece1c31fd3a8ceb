import { elementCount, toHalf } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { floatRuns } from "../quantize/floats.ts";

/** The largest finite half. */
export const MAX_HALF = 65_504;

const CHUNK = 960 * 1024;

/**
 * A tensor of float32 as one of float16, each number rounded to the nearest, ties to even; finite numbers beyond the largest
 * half become that. It is worked out when it is read.
 */
export function halfTensor(content: LazyTensor): LazyTensor {
  const { shape, name } = content;
  const count = elementCount(shape, name);
  const stream: LazyTensor["stream"] = async function* (chunk = CHUNK, signal, reuse = false) {
    let kept: Uint16Array | null = null;
    for await (const run of floatRuns(content, 1, signal)) {
      // A piece that was handed out is its reader's, unless that is done with it.
      const words: Uint16Array = kept?.length === run.length ? kept : new Uint16Array(run.length);
      if (reuse) kept = words;
      roundAll(run, words);
      const bytes = new Uint8Array(words.buffer);
      for (let at = 0; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk);
    }
  };
  return {
    name: "",
    dtype: "float16",
    shape,
    byteLength: 2 * count,
    origin: { derived: `${name} in 16 bits` },
    stream,
    async read(signal) {
      const data = new Uint16Array(count);
      let at = 0;
      for await (const run of floatRuns(content, 1, signal)) {
        roundAll(run, data.subarray(at, at + run.length));
        at += run.length;
      }
      return { dtype: "float16", shape, data };
    },
  };
}

/** From the smallest normal half up to where rounding goes beyond the largest one, as bits of float32. */
const NORMAL = 0x38800000;
const BEYOND = 0x477ff000;
const INFINITE = 0x7f800000;
/** The difference of the exponents' biases, in the place of the exponent. */
const BIAS = 112 << 23;

function roundAll(from: Float32Array, to: Uint16Array): void {
  const bits = new Uint32Array(from.buffer, from.byteOffset, from.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number;
    const size = word & 0x7fffffff;
    const sign = (word >>> 16) & 0x8000;
    if (size >= NORMAL && size < BEYOND) to[i] = sign | ((size - BIAS + 0xfff + ((size >>> 13) & 1)) >>> 13);
    else if (size >= BEYOND && size < INFINITE) to[i] = sign | 0x7bff;
    else to[i] = toHalf(from[i] as number);
  }
}
