import { add, constantOf, type Maybe, multiply, negate, subtract, termsOf } from "./arithmetic.ts";
import { applied, type Extent, type Factor, factorOf, isSame, sumOf, type Term, termOf } from "./extent.ts";

/** a / b rounded down, as pooling and strides round; b is positive. Exact where it goes. */
export function floorDivide(a: Maybe, b: Maybe): Maybe {
  if (a === null || b === null || b === 0) return null;
  if (b === 1) return a;
  if (typeof b !== "number") return divideExactly(a, b) ?? applied("floor", [a, b]);
  if (!Number.isSafeInteger(b)) return null;
  if (b < 0) return floorDivide(negate(a), -b);
  if (typeof a === "number") return Number.isSafeInteger(a) ? Math.floor(a / b) : null;
  return floorByNumber(a, b);
}

/** a / b rounded up; b is positive. */
export function ceilDivide(a: Maybe, b: Maybe): Maybe {
  return negate(floorDivide(negate(a), b));
}

/** floor((b·q + r) / b) = q + floor(r / b): what divides goes out, what is left is brought to one form. */
function floorByNumber(a: Exclude<Extent, number>, b: number): Maybe {
  const outer: Term[] = [];
  const inner: Term[] = [];
  for (const term of a.terms) {
    if (term.coefficient % b === 0) outer.push({ ...term, coefficient: term.coefficient / b });
    else inner.push(term);
  }
  const whole = Math.floor(a.constant / b);
  const quotient = sumOf(whole, outer);
  if (inner.length === 0) return quotient;
  return add(quotient, floorOfRest(inner, a.constant - whole * b, b));
}

function floorOfRest(terms: readonly Term[], constant: number, divisor: number): Maybe {
  // floor((g·x + c) / (g·d)) = floor((x + floor(c / g)) / d)
  const common = terms.reduce((result, { coefficient }) => gcd(result, Math.abs(coefficient)), divisor);
  const reduced = terms.map((term) => ({ ...term, coefficient: term.coefficient / common }));
  const rest = sumOf(Math.floor(constant / common), reduced);
  const by = divisor / common;
  if (rest === null) return null;
  const [term] = reduced;
  const factor =
    reduced.length === 1 && term?.coefficient === 1 && term.factors.length === 1 ? term.factors[0] : null;
  if (factor?.kind === "floor") {
    // floor((floor(x / n) + k) / d) = floor((x + n·k) / (n·d))
    const [x = null, n = null] = factor.operands;
    if (typeof n === "number" && n > 0) {
      return floorDivide(add(x, multiply(n, constantOf(rest))), multiply(n, by));
    }
  }
  return applied("floor", [rest, by]);
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Long division takes a step for each term of the quotient. */
const MAX_STEPS = 48;

/**
 * a / b where b divides a as a polynomial; null otherwise. Holds where b is not 0: whoever divides by a length that is 0
 * has no answer at run time either.
 */
export function divideExactly(a: Maybe, b: Maybe): Maybe {
  if (a === null || b === null || b === 0) return null;
  // Adding 0 turns -0 into 0.
  if (typeof a === "number" && typeof b === "number") return a % b === 0 ? a / b + 0 : null;
  if (isSame(a, b)) return 1;
  const lead = leading(b);
  let rest: Maybe = a;
  let quotient: Maybe = 0;
  for (let step = 0; rest !== 0; step++) {
    if (rest === null || quotient === null || step === MAX_STEPS) return null;
    const part = divideTerm(leading(rest), lead);
    if (!part) return null;
    const summand = part.factors.length === 0 ? part.coefficient : sumOf(0, [part]);
    quotient = add(quotient, summand);
    rest = subtract(rest, multiply(summand, b));
  }
  return quotient;
}

/** The term of the highest degree, the first of them by its factors: an order that products keep. */
function leading(a: Extent): Term {
  let first = termOf(constantOf(a), []);
  for (const term of termsOf(a)) if (comesBefore(term, first)) first = term;
  return first;
}

function comesBefore(a: Term, b: Term): boolean {
  if (a.factors.length !== b.factors.length) return a.factors.length > b.factors.length;
  for (const [i, factor] of a.factors.entries()) {
    const other = (b.factors[i] as Factor).key;
    if (factor.key !== other) return factor.key < other;
  }
  return false;
}

function divideTerm(a: Term, b: Term): Term | null {
  if (b.coefficient === 0 || a.coefficient % b.coefficient !== 0) return null;
  const factors = [...a.factors];
  for (const { key } of b.factors) {
    const at = factors.findIndex((factor) => factor.key === key);
    if (at < 0) return null;
    factors.splice(at, 1);
  }
  return termOf(a.coefficient / b.coefficient, factors);
}

/** Whether it is one symbol and nothing else. */
export function isSymbol(a: Maybe): boolean {
  return a !== null && factorOf(a)?.kind === "symbol";
}
