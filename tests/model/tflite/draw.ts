// Inputs from a seed: the same numbers as tests/fixtures/tflite/draw.py gives.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ARRAYS, type DType, type Tensor } from "../../../src/model/tensor/index.ts";
import { SHARED } from "../../serve/catalogue.ts";

interface Shaped {
  readonly shape: readonly number[];
}

/** How an input is drawn. */
export type Draw = Shaped &
  (
    | { readonly draw: "uniform"; readonly seed: number; readonly low: number; readonly high: number }
    | { readonly draw: "choice"; readonly seed: number; readonly of: readonly number[] }
    | {
        readonly draw: "bands";
        readonly seed: number;
        readonly low: number;
        readonly high: number;
        readonly spread: number;
      }
    | { readonly draw: "picture"; readonly of: string; readonly scale: number; readonly add: number }
    | { readonly draw: "sound"; readonly start: number; readonly scale: number }
  );

/** Mulberry32: 32-bit words from a 32-bit seed. */
function* words(seed: number): Generator<number, never> {
  for (let a = seed >>> 0; ; ) {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    yield (t ^ (t >>> 14)) >>> 0;
  }
}

function unit(source: Generator<number, never>): number {
  return source.next().value / 2 ** 32;
}

export function drawTensor(how: Draw, dtype: DType): Tensor {
  const { shape } = how;
  const count = shape.reduce((product, dim) => product * dim, 1);
  const value = valuesOf(how, dtype, count);
  const numbers = Array.from({ length: count }, (_, i) => value(i));
  const data =
    dtype === "int64"
      ? BigInt64Array.from(numbers, BigInt)
      : (ARRAYS[dtype as "float32"] as typeof Float32Array).from(numbers);
  return { dtype, shape, data };
}

/** The values in their order; to be asked for each index once. */
function valuesOf(how: Draw, dtype: DType, count: number): (index: number) => number {
  switch (how.draw) {
    case "uniform": {
      const { low, high } = how;
      const source = words(how.seed);
      if (dtype === "float32") return () => low + (high - low) * unit(source);
      return () => low + Math.floor((high - low + 1) * unit(source));
    }
    case "choice": {
      const source = words(how.seed);
      return () => how.of[source.next().value % how.of.length] as number;
    }
    case "bands": {
      const { low, high, spread } = how;
      const around = words(how.seed + 1);
      const levels = words(how.seed);
      const width = how.shape.at(-1) ?? 1;
      const level = Array.from({ length: width }, () => low + Math.floor((high - low + 1) * unit(levels)));
      return (i) => {
        const noise = Math.floor((2 * spread + 1) * unit(around)) - spread;
        return Math.min(high, Math.max(low, (level[i % width] as number) + noise));
      };
    }
    case "picture": {
      const [, height = 1, width = 1] = how.shape;
      const pixel = picture(how.of, height, width);
      return (i) => how.scale * (pixel(i % (height * width * 3)) + how.add);
    }
    case "sound": {
      const samples = speech();
      return (i) => how.scale * (samples[(how.start + i) % samples.length] as number);
    }
    default:
      throw new Error(`${count} values are drawn in a way that is not known: ${JSON.stringify(how)}`);
  }
}

const REAL = join(import.meta.dirname, "../../fixtures/tflite/real");
const SIDE = 120;

/** The nearest pixel of a small picture, row by row, RGB. */
function picture(name: string, height: number, width: number): (index: number) => number {
  const small = gunzipSync(readFileSync(join(REAL, `${name}.rgb.gz`)));
  const nearest = (at: number, length: number) => Math.floor(((2 * at + 1) * SIDE) / (2 * length));
  return (index) => {
    const place = Math.floor(index / 3);
    const row = nearest(Math.floor(place / width), height);
    const column = nearest(place % width, width);
    return small[(row * SIDE + column) * 3 + (index % 3)] as number;
  };
}

/** The samples of a WAV file of 16 bits and one channel. */
function speech(): Int16Array {
  const file = readFileSync(join(SHARED, "models/tflite/speech.wav"));
  const at = file.indexOf("data", 12, "latin1") + 8;
  const bytes = file.subarray(at, at + file.readUInt32LE(at - 4));
  return new Int16Array(new Uint8Array(bytes).buffer);
}

/** The places of an output whose values are recorded, in order. */
export function sampled(count: number, samples: number): number[] {
  if (count <= samples) return Array.from({ length: count }, (_, i) => i);
  const source = words(count);
  const places = new Set<number>();
  for (let i = 0; i < samples; i++) places.add(Math.floor(unit(source) * count));
  return [...places].sort((a, b) => a - b);
}
