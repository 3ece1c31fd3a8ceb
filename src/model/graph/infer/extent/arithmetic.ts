import {
  applied,
  type Extent,
  factorOf,
  isSame,
  keyOf,
  lowerBound,
  type Sum,
  sumOf,
  type Term,
  termOf,
} from "./extent.ts";

/** Arithmetic on lengths that may be unknown (null): unknown in, unknown out. All of it is exact or unknown. */
export type Maybe = Extent | null;

export function add(a: Maybe, b: Maybe): Maybe {
  if (a === null || b === null) return null;
  if (a === 0) return b;
  if (b === 0) return a;
  if (typeof a === "number" && typeof b === "number") return exact(a + b, a, b);
  return sumOf(constantOf(a) + constantOf(b), [...termsOf(a), ...termsOf(b)]);
}

export function negate(a: Maybe): Maybe {
  return multiply(a, -1);
}

export function subtract(a: Maybe, b: Maybe): Maybe {
  return add(a, negate(b));
}

export function multiply(a: Maybe, b: Maybe): Maybe {
  if (a === null || b === null) return null;
  if (a === 1) return b;
  if (b === 1) return a;
  if (a === 0 || b === 0) return 0;
  if (typeof a === "number" && typeof b === "number") return exact(a * b, a, b);
  const [x, y] = [withConstant(a), withConstant(b)];
  if (!x || !y || x.length * y.length > MAX_PRODUCTS) return null;
  const terms: Term[] = [];
  let constant = 0;
  for (const left of x) {
    for (const right of y) {
      const coefficient = left.coefficient * right.coefficient;
      if (!Number.isSafeInteger(coefficient)) return null;
      if (left.factors.length + right.factors.length === 0) constant += coefficient;
      else terms.push(termOf(coefficient, [...left.factors, ...right.factors]));
    }
  }
  return sumOf(constant, terms);
}

/** Products of two sums that are multiplied out; longer ones are given up. */
const MAX_PRODUCTS = 32;

export function product(factors: Iterable<Maybe>): Maybe {
  let result: Maybe = 1;
  for (const factor of factors) result = multiply(result, factor);
  return result;
}

/** The smaller of two. */
export function least(a: Maybe, b: Maybe): Maybe {
  return chosen("min", a, b);
}

/** The greater of two. */
export function greatest(a: Maybe, b: Maybe): Maybe {
  return chosen("max", a, b);
}

function chosen(kind: "min" | "max", a: Maybe, b: Maybe): Maybe {
  if (a === null || b === null) return null;
  const [greater, smaller] = kind === "max" ? [a, b] : [b, a];
  if (isAtLeast(a, b)) return greater;
  if (isAtLeast(b, a)) return smaller;
  if (!isWhole(a) || !isWhole(b)) return null;
  return gathered(kind, [a, b]);
}

/** Whether a ≥ b for every value of the symbols. */
export function isAtLeast(a: Maybe, b: Maybe): boolean {
  if (a === null || b === null) return false;
  if (typeof a === "number" && typeof b === "number") return a >= b;
  if (isSame(a, b)) return true;
  const difference = subtract(a, b);
  return difference !== null && lowerBound(difference) >= 0;
}

/**
 * The length that two broadcast to (ONNX, "Broadcasting"): equal, or one of them is 1. "conflict" where it is certain
 * that they do not fit.
 */
export function broadcast(a: Maybe, b: Maybe): Maybe | "conflict" {
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === "number" && typeof b === "number") return a === b ? a : "conflict";
  // Beside a length that is not 1, the other is 1 or the same.
  if (isNotOne(a)) return a;
  if (isNotOne(b)) return b;
  if (a === null || b === null) return null;
  if (isSame(a, b)) return a;
  return gathered("broadcast", [a, b]);
}

function isNotOne(a: Maybe): boolean {
  if (a === null) return false;
  return typeof a === "number" ? a !== 1 : lowerBound(a) > 1;
}

/** min, max and broadcast: operands of operands beside each other, in one order, each once. */
function gathered(kind: "min" | "max" | "broadcast", operands: readonly Extent[]): Maybe {
  const flat = new Map<string, Extent>();
  for (const operand of operands) {
    const factor = factorOf(operand);
    const within = factor?.kind === kind ? factor.operands : [operand];
    for (const each of within) flat.set(keyOf(each), each);
  }
  const sorted = [...flat].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, operand]) => operand);
  return sorted.length === 1 ? (sorted[0] as Extent) : applied(kind, sorted);
}

function exact(result: number, ...operands: readonly number[]): Maybe {
  return Number.isSafeInteger(result) && operands.every(Number.isSafeInteger) ? result + 0 : null;
}

/** Whether it is a whole number that JavaScript holds exactly, or an expression of such. */
export function isWhole(a: Extent): boolean {
  return typeof a !== "number" || Number.isSafeInteger(a);
}

export function constantOf(a: Extent): number {
  return typeof a === "number" ? a : a.constant;
}

export function termsOf(a: Extent): readonly Term[] {
  return typeof a === "number" ? [] : a.terms;
}

/** The terms of a sum, its constant among them as a term without factors. */
function withConstant(a: number | Sum): readonly Term[] | null {
  const constant = constantOf(a);
  if (!Number.isSafeInteger(constant)) return null;
  return constant === 0 ? termsOf(a) : [...termsOf(a), termOf(constant, [])];
}
