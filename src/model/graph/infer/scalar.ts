import type { DType } from "../../tensor/dtype.ts";
import {
  add,
  divideExactly,
  floorDivide,
  greatest,
  isAtLeast,
  isSame,
  least,
  lowerBound,
  type Maybe,
  multiply,
  subtract,
} from "./extent/index.ts";

/**
 * Arithmetic on single elements of small contents, as the runtime does it on tensors of their type; what the type then makes
 * of a result (rounding, overflow) is the business of asDtype.
 */
export type Operation = (a: Maybe, b: Maybe, dtype: DType | null) => Maybe;

/** Whole numbers beyond 2^53 were rounded when they were read. */
const isExact = (value: number, dtype: DType | null) => isFloat(dtype) || Number.isSafeInteger(value);

function isFloat(dtype: DType | null): boolean {
  return dtype !== null && /^b?float/.test(dtype);
}

/** On two numbers by `plain`, on expressions by `symbolic`. */
const arithmetic =
  (symbolic: (a: Maybe, b: Maybe) => Maybe, plain: (a: number, b: number) => number): Operation =>
  (a, b, dtype) =>
    isFloat(dtype) && typeof a === "number" && typeof b === "number" ? plain(a, b) : symbolic(a, b);

/** Whole numbers are divided towards zero, floats exactly. */
const divided: Operation = (a, b, dtype) => {
  if (a === null || b === null || b === 0) return null;
  if (typeof a === "number" && typeof b === "number") {
    if (isFloat(dtype)) return a / b;
    return isExact(a, dtype) && isExact(b, dtype) ? Math.trunc(a / b) : null;
  }
  const exact = divideExactly(a, b);
  if (exact !== null || isFloat(dtype)) return exact;
  return lowerBound(a) >= 0 && lowerBound(b) >= 0 ? floorDivide(a, b) : null;
};

export const OPERATIONS = {
  Add: arithmetic(add, (a, b) => a + b),
  Sub: arithmetic(subtract, (a, b) => a - b),
  Mul: arithmetic(multiply, (a, b) => a * b),
  Div: divided,
  Max: arithmetic(greatest, Math.max),
  Min: arithmetic(least, Math.min),
} satisfies Record<string, Operation>;

/** What is left of a division; the sign is that of the divisor, or with `fmod` that of the dividend. */
export function remainder(a: Maybe, b: Maybe, fmod: boolean): Maybe {
  if (a === null || b === null || b === 0) return null;
  // With both signs alike, both rules say the same.
  if (fmod && (lowerBound(a) < 0 || lowerBound(b) < 0)) return null;
  return subtract(a, multiply(b, floorDivide(a, b)));
}

/** Whether a comparison holds, as 1 or 0; unknown where it depends on the symbols. */
const comparison =
  (holds: (a: Maybe, b: Maybe) => boolean, fails: (a: Maybe, b: Maybe) => boolean): Operation =>
  (a, b, dtype) => {
    for (const each of [a, b]) if (typeof each === "number" && !isExact(each, dtype)) return null;
    return holds(a, b) ? 1 : fails(a, b) ? 0 : null;
  };

function isAbove(a: Maybe, b: Maybe): boolean {
  return typeof a === "number" && typeof b === "number" ? a > b : isAtLeast(a, add(b, 1));
}

export const COMPARISONS = {
  Equal: comparison(isSame, (a, b) => isAbove(a, b) || isAbove(b, a)),
  Greater: comparison(isAbove, (a, b) => isAtLeast(b, a)),
  GreaterOrEqual: comparison(isAtLeast, (a, b) => isAbove(b, a)),
  Less: comparison((a, b) => isAbove(b, a), isAtLeast),
  LessOrEqual: comparison((a, b) => isAtLeast(b, a), isAbove),
} satisfies Record<string, Operation>;

/** Of truths as 1 and 0: one of them may decide alone. */
const logic =
  (decides: number | null, both: (a: number, b: number) => boolean): Operation =>
  (a, b) => {
    if (decides !== null && (a === decides || b === decides)) return decides;
    return typeof a === "number" && typeof b === "number" ? Number(both(a, b)) : null;
  };

export const LOGIC = {
  And: logic(0, (a, b) => a !== 0 && b !== 0),
  Or: logic(1, (a, b) => a !== 0 || b !== 0),
  Xor: logic(null, (a, b) => a !== b),
} satisfies Record<string, Operation>;

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
