/**
 * Lengths that are worked out before they are known: a number, or a sum of products of symbols with whole coefficients.
 * Equal expressions have equal keys, so that what is computed in two ways is seen to be the same.
 */
export type Extent = number | Sum;

/** constant + Σ coefficient · factors. Has at least one term; a sum without terms is the number itself. */
export interface Sum {
  readonly key: string;
  readonly constant: number;
  /** Sorted by key, each key once, no coefficient zero. */
  readonly terms: readonly Term[];
}

export interface Term {
  /** Keys of the factors, joined. */
  readonly key: string;
  readonly coefficient: number;
  /** Sorted by key; a square stands twice. */
  readonly factors: readonly Factor[];
}

export type Factor = DimSymbol | Applied;

/** A length that the model does not tell. Never negative. */
export interface DimSymbol {
  readonly kind: "symbol";
  readonly key: string;
  /** As the file calls it; null where it has no name. Identity is the key's alone. */
  readonly name: string | null;
  /** A length of the model's inputs, and not something that only a run decides. */
  readonly isInput: boolean;
}

/**
 * What is no polynomial. `floor`: the quotient of two, rounded down. `broadcast`: the common length to which all
 * operands are stretched, where none is known to be the longer.
 */
export interface Applied {
  readonly kind: "floor" | "min" | "max" | "broadcast";
  readonly key: string;
  readonly operands: readonly Extent[];
}

/** Beyond these an expression is given up: nobody reads it, and hostile graphs double it with every node. */
const MAX_TERMS = 16;
const MAX_FACTORS = 12;
const MAX_KEY = 400;

/**
 * A clock that arithmetic drives: a tick for each term, factor and operand that was looked at since the program began. What an
 * expression costs is known to nobody before it is worked out, and many are given up at the end.
 */
let ticks = 0;

export function ticksSoFar(): number {
  return ticks;
}

export function keyOf(extent: Extent): string {
  return typeof extent === "number" ? String(extent) : extent.key;
}

/** Whether two lengths are the same whatever the symbols stand for. Unknown is equal to nothing. */
export function isSame(a: Extent | null | undefined, b: Extent | null | undefined): boolean {
  if (a === b) return a !== null && a !== undefined;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  return a.key === b.key;
}

export function isSameShape(
  a: readonly Extent[] | null | undefined,
  b: readonly Extent[] | null | undefined,
): boolean {
  return !!a && !!b && a.length === b.length && a.every((dim, axis) => isSame(dim, b[axis]));
}

/** A symbol as a length. */
export function extentOf(factor: Factor): Sum {
  return { key: factor.key, constant: 0, terms: [{ key: factor.key, coefficient: 1, factors: [factor] }] };
}

/** The one factor that an expression consists of; null where it is more, or a number. */
export function factorOf(extent: Extent): Factor | null {
  if (typeof extent === "number" || extent.constant !== 0 || extent.terms.length !== 1) return null;
  const [term] = extent.terms;
  return term && term.coefficient === 1 && term.factors.length === 1 ? (term.factors[0] as Factor) : null;
}

/** Puts a sum together from terms in any order. Null where it is beyond the limits or exact whole numbers. */
export function sumOf(constant: number, terms: Iterable<Term>): Extent | null {
  if (!Number.isSafeInteger(constant)) return null;
  const merged = new Map<string, Term>();
  for (const term of terms) {
    ticks++;
    const before = merged.get(term.key);
    const coefficient = term.coefficient + (before?.coefficient ?? 0);
    if (!Number.isSafeInteger(coefficient) || term.factors.length > MAX_FACTORS) return null;
    merged.set(term.key, before ? { ...term, coefficient } : term);
  }
  const kept = [...merged.values()].filter(({ coefficient }) => coefficient !== 0);
  if (kept.length === 0) return constant;
  if (kept.length > MAX_TERMS) return null;
  kept.sort(byKey);
  const parts = kept.map(({ key, coefficient }) => (coefficient === 1 ? key : `${coefficient}*${key}`));
  const key = constant === 0 ? parts.join("+") : `${parts.join("+")}+${constant}`;
  return key.length > MAX_KEY ? null : { key, constant, terms: kept };
}

export function termOf(coefficient: number, factors: readonly Factor[]): Term {
  ticks += factors.length;
  if (factors.length === 1) return { key: (factors[0] as Factor).key, coefficient, factors };
  const sorted = [...factors].sort(byKey);
  return { key: sorted.map(({ key }) => key).join("*"), coefficient, factors: sorted };
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** A factor that applies something to lengths. Null beyond the limits. */
export function applied(kind: Applied["kind"], operands: readonly Extent[]): Extent | null {
  ticks += operands.length;
  const key = `${kind}(${operands.map(keyOf).join(",")})`;
  return key.length > MAX_KEY ? null : extentOf({ kind, key, operands });
}

/** The least that an expression can be; −∞ where nothing is known. */
export function lowerBound(extent: Extent): number {
  if (typeof extent === "number") return extent;
  let bound = extent.constant;
  for (const { coefficient, factors } of extent.terms) {
    let product = coefficient;
    for (const factor of factors) {
      const lower = lowerBoundOf(factor);
      // With a factor that may be negative, nothing is known of the product.
      if (lower < 0) return Number.NEGATIVE_INFINITY;
      product = lower === 0 ? 0 : product * lower;
    }
    if (coefficient < 0) return Number.NEGATIVE_INFINITY;
    bound += product;
  }
  return bound;
}

function lowerBoundOf(factor: Factor): number {
  if (factor.kind === "symbol") return 0;
  ticks += factor.operands.length;
  const bounds = factor.operands.map(lowerBound);
  if (factor.kind === "max") return Math.max(...bounds);
  if (factor.kind !== "floor") return Math.min(...bounds);
  const [dividend = Number.NEGATIVE_INFINITY, divisor = 0] = bounds;
  if (divisor <= 0) return Number.NEGATIVE_INFINITY;
  // A larger divisor brings a dividend from either side nearer to zero.
  if (dividend >= 0) return typeof factor.operands[1] === "number" ? Math.floor(dividend / divisor) : 0;
  return Math.floor(dividend / divisor);
}

/** Every symbol in an expression. */
export function* symbolsOf(extent: Extent): Generator<DimSymbol> {
  if (typeof extent === "number") return;
  for (const { factors } of extent.terms) {
    for (const factor of factors) {
      if (factor.kind === "symbol") yield factor;
      else for (const operand of factor.operands) yield* symbolsOf(operand);
    }
  }
}
