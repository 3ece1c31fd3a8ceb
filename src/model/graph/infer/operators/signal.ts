import { add, floorDivide, type Maybe, multiply, subtract } from "../extent/index.ts";
import {
  type Application,
  axisOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  numbersOf,
  type Rule,
  shapeOf,
} from "../rule.ts";
import { dtypeAttributeOr } from "./like.ts";

/** The one element of an input that is a scalar or has a single element. */
const scalar = (at: Application, index: number): Maybe => elementsOf(at, index)?.[0] ?? null;

/** Frequencies of a real signal of this length that are not mirrored: floor(n / 2) + 1. */
const oneSided = (length: Maybe): Maybe => add(floorDivide(length, 2), 1);

/** x [signals…, 1 or 2], transformed over one axis; the last axis holds the real and the imaginary part. */
const dft: Rule = (at) => {
  const data = shapeOf(at, 0);
  if (!data) return [null];
  const onesided = intAttribute(at, "onesided", 0) === 1;
  const inverse = intAttribute(at, "inverse", 0) === 1;
  const named = at.version < 20 ? intAttribute(at, "axis", 1) : hasInput(at, 2) ? numbersOf(at, 2)?.[0] : -2;
  const axis = named === undefined ? null : axisOf(at, named, data.length);
  // A one-sided spectrum is real again after the inverse, and of an even length unless another is asked for.
  const real = onesided && inverse;
  const parts = real ? 1 : 2;
  // Without a length of its own, a full spectrum is as long as the signal, on whichever axis.
  if (!onesided && !hasInput(at, 1)) return [{ shape: [...data.slice(0, -1), parts] }];
  if (axis === null) return [{ shape: [...data.slice(0, -1).map(() => null), parts] }];
  const given = data[axis] ?? null;
  const length = hasInput(at, 1) ? scalar(at, 1) : real ? multiply(subtract(given, 1), 2) : given;
  const shape: Maybe[] = [...data];
  shape[data.length - 1] = parts;
  shape[axis] = onesided && !inverse ? oneSided(length) : length;
  return [{ shape }];
};

/** signal [batch, length, 1 or 2] → [batch, frames, frequencies, 2] */
const stft: Rule = (at) => {
  const signal = shapeOf(at, 0);
  const whole = signal?.[1] ?? null;
  const length = hasInput(at, 3) ? scalar(at, 3) : hasInput(at, 2) ? (shapeOf(at, 2)?.[0] ?? null) : whole;
  const frames = add(floorDivide(subtract(whole, length), scalar(at, 1)), 1);
  const frequencies = intAttribute(at, "onesided", 1) === 1 ? oneSided(length) : length;
  return [{ shape: [signal?.[0] ?? null, frames, frequencies, 2] }];
};

const window: Rule = (at) => [
  { shape: [scalar(at, 0)], dtype: dtypeAttributeOr(at, "output_datatype", "float32") },
];

/** [frequencies, bands] */
const mel: Rule = (at) => [
  {
    shape: [oneSided(scalar(at, 1)), scalar(at, 0)],
    dtype: dtypeAttributeOr(at, "output_datatype", "float32"),
  },
];

export const SIGNAL: Family = {
  domain: "",
  rules: {
    BlackmanWindow: window,
    DFT: dft,
    HammingWindow: window,
    HannWindow: window,
    MelWeightMatrix: mel,
    STFT: stft,
  },
};
