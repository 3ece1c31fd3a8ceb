import type { ImageInput } from "../../../model/contract/contract.ts";
import {
  ARRAYS,
  byteLengthOf,
  type DType,
  elementCount,
  type Tensor,
  type TensorData,
  toBfloat16,
  toHalf,
} from "../../../model/tensor/index.ts";
import type { InputFacts, Plan } from "./plan.ts";
import type { Random } from "./random.ts";

/**
 * Which of the ways of spreading values a draw takes; draws take them in turn. The faint and the strong ones are for models
 * that answer the same to everything in between, since their last step is saturated.
 */
export type Spread = "unit" | "normal" | "faint" | "wide" | "strong";
export const SPREADS: readonly Spread[] = ["unit", "normal", "faint", "wide", "strong"];

/** Where real values lie about which nothing is known: from 0, or around it. */
const SCALES: Readonly<Record<Spread, number>> = { unit: 1, normal: 1, faint: 0.05, wide: 4, strong: 100 };

/** A tensor of made-up values that suit what is known of the input. */
export function makeValues(
  fact: InputFacts,
  shape: readonly number[],
  plan: Plan,
  spread: Spread,
  random: Random,
): Tensor {
  const { dtype } = fact.spec;
  const count = elementCount(shape, `input ${fact.spec.name}`);
  if (dtype === "string") {
    const words = fact.hint?.known.filter((each) => typeof each === "string") ?? [];
    const data = Array.from({ length: count }, () => random.pick(words.length > 0 ? words : WORDS) as string);
    return { dtype, shape, data };
  }
  const data = new ARRAYS[dtype](new ArrayBuffer(byteLengthOf(dtype, count)));
  fill(data, dtype, numbers(fact, shape, plan, spread, random));
  return { dtype, shape, data };
}

const WORDS = ["the", "a model", "Modelyard", "3.14", "", "Größe", "日本", "UPPER lower"] as const;

/** A value for each position. */
type Numbers = (index: number) => number;

function numbers(
  fact: InputFacts,
  shape: readonly number[],
  plan: Plan,
  spread: Spread,
  random: Random,
): Numbers {
  const { spec, meaning, hint } = fact;
  const exact = hint?.exact;
  if (exact && exact.length === shape.reduce((product, dim) => product * dim, 1)) {
    return (index) => exact[index] ?? 0;
  }
  if (fact.isState) return spread === "unit" ? () => 0 : () => random.normal() / 4;
  if (meaning?.kind === "image") return pixels(meaning, shape, spread, random);
  if (meaning?.kind === "audio") return sound(meaning.sampleRate, random);
  const last = shape.at(-1) ?? 1;
  if (/mask/i.test(spec.name)) {
    // The end of each row is padding, in all draws but the first.
    const kept = spread === "unit" ? last : Math.max(1, Math.ceil(last * 0.75));
    return (index) => (index % last < kept ? 1 : 0);
  }
  if (spec.dtype === "bool")
    return spread === "unit" && shape.length === 0 ? () => 0 : () => random.whole(0, 1);
  const known = (hint?.known.filter((each) => typeof each === "number") ?? []) as number[];
  const low = hint?.low ?? -Infinity;
  const high = hint?.high ?? Infinity;
  if (/^u?int/.test(spec.dtype)) return wholeNumbers(spec.dtype, low, high, known, plan, random);
  return realNumbers(low, high, known, spread, random);
}

function wholeNumbers(
  dtype: DType,
  low: number,
  high: number,
  known: readonly number[],
  plan: Plan,
  random: Random,
): Numbers {
  const limited = Number.isFinite(low) || Number.isFinite(high);
  if (known.length > 0 && !limited) return () => random.pick(known);
  if (!limited && dtype === "uint8") return () => random.whole(0, 255);
  if (!limited && dtype === "int8") return () => random.whole(-128, 127);
  const least = Math.ceil(Number.isFinite(low) ? low : 0);
  const most = Math.floor(Number.isFinite(high) ? high : Math.max(least, plan.whole));
  const fitting = known.filter((value) => value >= least && value <= most);
  return () => (fitting.length > 0 && random.next() < 0.2 ? random.pick(fitting) : random.whole(least, most));
}

function realNumbers(
  low: number,
  high: number,
  known: readonly number[],
  spread: Spread,
  random: Random,
): Numbers {
  if (known.length > 0 && !Number.isFinite(low)) return () => random.pick(known);
  if (Number.isFinite(low) && Number.isFinite(high)) return () => low + (high - low) * random.next();
  const lift = Number.isFinite(low) ? low : 0;
  if (spread === "unit" || Number.isFinite(low)) return () => lift + random.next();
  return () => SCALES[spread] * random.normal();
}

/** A picture of soft stripes with some noise on them, as the tensor that the contract makes of it. */
function pixels(image: ImageInput, shape: readonly number[], spread: Spread, random: Random): Numbers {
  const { layout, normalize } = image;
  const strides: number[] = [];
  shape.reduceRight((stride, dim, axis) => {
    strides[axis] = stride;
    return stride * dim;
  }, 1);
  const along = (letter: string) => {
    const axis = layout.length === shape.length ? layout.indexOf(letter) : -1;
    const [stride, dim] = axis < 0 ? [1, 1] : [strides[axis] as number, shape[axis] as number];
    return (index: number) => Math.floor(index / stride) % dim;
  };
  const [channel, row, column] = [along("C"), along("H"), along("W")];
  const turn = 0.05 + 0.3 * random.next();
  return (index) => {
    const c = channel(index);
    const stripe = 127.5 + 127.5 * Math.sin(turn * (row(index) + 2 * column(index)) + 2 * c);
    const noise = 255 * random.next();
    const pixel = Math.round(spread === "wide" ? noise : 0.8 * stripe + 0.2 * noise);
    const mean = normalize.mean[c % normalize.mean.length] ?? 0;
    const std = normalize.std[c % normalize.std.length] ?? 1;
    return (pixel * normalize.scale - mean) / std;
  };
}

/** Two tones with noise between −1 and 1. */
function sound(rate: number, random: Random): Numbers {
  const [low, high] = [100 + 300 * random.next(), 500 + 1_500 * random.next()];
  const step = (2 * Math.PI) / rate;
  return (index) =>
    0.4 * Math.sin(index * step * low) + 0.3 * Math.sin(index * step * high) + 0.2 * (2 * random.next() - 1);
}

function fill(data: Exclude<TensorData, string[]>, dtype: DType, at: Numbers): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) data[i] = BigInt(Math.round(at(i)));
  } else if (dtype === "float16") for (let i = 0; i < data.length; i++) data[i] = toHalf(at(i));
  else if (dtype === "bfloat16") for (let i = 0; i < data.length; i++) data[i] = toBfloat16(at(i));
  else if (/^float(32|64)$/.test(dtype)) for (let i = 0; i < data.length; i++) data[i] = at(i);
  else for (let i = 0; i < data.length; i++) data[i] = Math.round(at(i));
}
