import {
  type DType,
  fromBfloat16,
  fromHalf,
  type Tensor,
  type TensorData,
} from "../../../model/tensor/index.ts";

/** How far two answers may be apart: `absolute · max(1, rms) + relative · |value|`, rms being that of the original's values. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
  /**
   * For results of fewer bits, whose values are not held one by one: the largest ‖a − b‖ / ‖a‖ over a tensor a of the
   * original; of whole numbers and truth values, the share that may differ. Takes the place of the two above.
   */
  readonly norm?: number;
}

/**
 * Sums in another order move the last bits of a float32, by more the more terms there are; 1e-5 of values around 1 is what
 * exporters hold their own output to.
 */
export const DEFAULT_TOLERANCE: Tolerance = { absolute: 1e-5, relative: 1e-4 };

/** How much farther than a tolerance says one output may be apart. */
export interface Allowance {
  /** What `absolute` is multiplied with. @default max(1, rms) */
  readonly scale?: number;
  /** So much any value may be apart, whatever the tolerance: what the original and itself are apart, some times. */
  readonly noise?: number;
  /** So much whole numbers may be apart, all but a share of them: quantised values are rounded to the one or the other. */
  readonly step?: number;
  readonly share?: number;
}

/** Types with so few bits that their own rounding goes beyond the default, as factors of it. */
const COARSE: Readonly<Partial<Record<DType, number>>> = { float16: 100, bfloat16: 1000 };

/** How two tensors differ. */
export interface Comparison {
  /** Same type and shape, and every value within the tolerance. */
  readonly agrees: boolean;
  /** Same type, shape and bits; not-a-number equals itself. */
  readonly identical: boolean;
  /** Why they cannot be compared value by value: "float32 became float64"; null where they can. */
  readonly misfit: string | null;
  /** Largest |a − b|; infinite where one is finite and the other is not. 0 for text and truth values. */
  readonly largest: number;
  /** Mean |a − b| over the values that are finite in both. */
  readonly mean: number;
  /** Position of the value that is furthest beyond the tolerance, or furthest apart; −1 where all are equal. */
  readonly at: number;
  /** Of floats where the tolerance is one of norms: ‖a − b‖ / ‖a‖, and the cosine of the angle between a and b. */
  readonly closeness: Closeness | null;
  /** Values beyond the tolerance, and values in all. */
  readonly beyond: number;
  readonly count: number;
}

export interface Closeness {
  /** ‖a − b‖ / ‖a‖; 0 where both are 0, infinite where only a is. */
  readonly relative: number;
  /** 1 where both are 0. */
  readonly cosine: number;
}

/**
 * Compares a result with the original, value by value; whole numbers, truth values and text must be equal, where no allowance is
 * made.
 */
export function compareTensors(
  original: Tensor,
  result: Tensor,
  tolerance: Tolerance = DEFAULT_TOLERANCE,
  allowance: Allowance = {},
): Comparison {
  const misfit = misfitOf(original, result);
  const count = original.data.length;
  if (misfit !== null) {
    return misfitting(misfit, count);
  }
  const read = READERS[original.dtype] ?? null;
  return read === null
    ? compareExact(original.data, result.data, {
        ...allowance,
        share: original.dtype === "string" ? 0 : (tolerance.norm ?? allowance.share ?? 0),
      })
    : compareFloats(original, result, read, scaled(tolerance, original.dtype), allowance);
}

function misfitOf(a: Tensor, b: Tensor): string | null {
  if (a.dtype !== b.dtype) return `${a.dtype} became ${b.dtype}`;
  const shape = ({ shape }: Tensor) => `[${shape.join(", ")}]`;
  if (shape(a) !== shape(b)) return `shape ${shape(a)} became ${shape(b)}`;
  return a.data.length === b.data.length ? null : `${a.data.length} values became ${b.data.length}`;
}

function scaled({ absolute, relative, norm }: Tolerance, dtype: DType): Tolerance {
  if (norm !== undefined) return { absolute, relative, norm };
  const factor = COARSE[dtype] ?? 1;
  return { absolute: absolute * factor, relative: relative * factor };
}

const asItIs = (value: number) => value;
/** How the words of a real type are read as numbers. */
const READERS: Readonly<Partial<Record<DType, (word: number) => number>>> = {
  float32: asItIs,
  float64: asItIs,
  float16: fromHalf,
  bfloat16: fromBfloat16,
};

function compareFloats(
  original: Tensor,
  result: Tensor,
  read: (word: number) => number,
  { absolute, relative, norm }: Tolerance,
  { scale, noise = 0 }: Allowance,
): Comparison {
  const a = original.data as Float32Array;
  const b = result.data as Float32Array;
  const floor = absolute * (scale ?? Math.max(1, rootMeanSquare(a, read)));
  let identical = true;
  let largest = 0;
  let sum = 0;
  let finite = 0;
  let beyond = 0;
  let at = -1;
  let worst = -1;
  for (let i = 0; i < a.length; i++) {
    const x = read(a[i] as number);
    const y = read(b[i] as number);
    if (Object.is(x, y)) {
      finite++;
      continue;
    }
    identical = false;
    // Zeros of either sign are one number.
    if (x === y) {
      finite++;
      continue;
    }
    const apart = Math.abs(x - y);
    // Where one of them is no number or infinite, nothing less than infinitely far says it.
    const distance = Number.isNaN(apart) ? Infinity : apart;
    if (distance < Infinity) {
      sum += distance;
      finite++;
    }
    if (distance > largest) largest = distance;
    const allowed = Math.max(noise, floor + relative * Math.abs(x));
    const excess = distance === Infinity ? Infinity : distance / Math.max(allowed, Number.MIN_VALUE);
    if (!(distance <= allowed) || distance === Infinity) beyond++;
    if (excess > worst) {
      worst = excess;
      at = i;
    }
  }
  const mean = finite === 0 ? 0 : sum / finite;
  const both = { identical, misfit: null, largest, mean, at, count: a.length };
  if (norm === undefined) return { ...both, agrees: beyond === 0, closeness: null, beyond };
  const closeness = closenessOf(a, b, read);
  const agrees = largest < Infinity && closeness.relative <= norm;
  return { ...both, agrees, closeness, beyond: agrees ? 0 : a.length };
}

function closenessOf(a: ArrayLike<number>, b: ArrayLike<number>, read: (word: number) => number): Closeness {
  let [aa, bb, ab, apart] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = read(a[i] as number);
    const y = read(b[i] as number);
    // What both have of infinities and of what is no number says nothing of angles.
    if (Object.is(x, y) && !Number.isFinite(x)) continue;
    aa += x * x;
    bb += y * y;
    ab += x * y;
    apart += (x - y) ** 2;
  }
  if (apart === 0) return { relative: 0, cosine: 1 };
  return { relative: Math.sqrt(apart / aa), cosine: aa * bb > 0 ? ab / Math.sqrt(aa * bb) : 0 };
}

function rootMeanSquare(data: ArrayLike<number>, read: (word: number) => number): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    const square = read(data[i] as number) ** 2;
    if (!Number.isFinite(square)) continue;
    sum += square;
    count++;
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

function compareExact(a: TensorData, b: TensorData, { step = 0, share = 0 }: Allowance): Comparison {
  let largest = 0;
  let sum = 0;
  let beyond = 0;
  let at = -1;
  let identical = true;
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    const y = b[i];
    if (x === y) continue;
    identical = false;
    const distance = typeof x === "string" ? 0 : Math.abs(Number(x) - Number(y));
    if (typeof x === "string" || distance > step) beyond++;
    sum += distance;
    if (at < 0 || distance > largest) at = i;
    if (distance > largest) largest = distance;
  }
  const count = a.length;
  const mean = count === 0 ? 0 : sum / count;
  const agrees = beyond <= share * count;
  return { agrees, identical, misfit: null, largest, mean, at, closeness: null, beyond, count };
}

/** What is said of values that cannot be compared. */
export function misfitting(misfit: string, count: number): Comparison {
  return {
    agrees: false,
    identical: false,
    misfit,
    largest: Infinity,
    mean: 0,
    at: -1,
    closeness: null,
    beyond: count,
    count,
  };
}
