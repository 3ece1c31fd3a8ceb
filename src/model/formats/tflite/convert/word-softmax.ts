import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Build } from "./build.ts";
import { hasTables, tableOf, tableWith } from "./lookup.ts";
import { isWords, multiplied } from "./multipliers.ts";

// The kernel of SOFTMAX for words reads exponents and reciprocals from tables, up to some steps from the function
// (lite/kernels/internal/reference/softmax.h, SoftmaxInt16). Here its arithmetic is done on whole numbers of 64 bits, and the tables
// are worked out for every number that there is.

const WORDS = 2 ** 16;
const MOST = 2 ** 15 - 1;
/** Exponents go down to that of -10. */
const REACH = 10;
/** The tables' numbers: between -1 and 1. */
const UNIT = { scale: [2 / (WORDS - 1)], zeroPoint: [0] };

/** These two tables are worked out in 64 bits, which gives other entries than 32 in two places. */
function in64(real: number): number {
  return real;
}

/** exp of minus a whole number of 10 in 65,535. */
const exponentOf = tableOf(Math.exp, in64)({ scale: [REACH / (WORDS - 1)], zeroPoint: [MOST] }, UNIT);
/** One in one and a whole number of 1 in 65,535. */
const reciprocalOf = tableOf((x) => 1 / (1 + x), in64)(
  { scale: [1 / (WORDS - 1)], zeroPoint: [-(2 ** 15)] },
  UNIT,
);

/** What is looked up of how far a word is below the largest one, of a scale. */
function exponents(scale: number): (below: number) => number {
  const factor = scale / (REACH / (WORDS - 1));
  return (below) => {
    const scaled = Math.max(-WORDS, multiplied(-below, factor));
    return exponentOf(Math.max(scaled + MOST, -(2 ** 15)));
  };
}

/** @param x words, of which those along an axis add up to 1 @returns words of 1 in 32,768 */
export function softmaxOfWords(build: Build, x: Value, scale: number, axis: number): Value {
  const whole = (number: number) => build.scalar(number, "int64");
  const [keep, along] = [{ keepdims: attribute.int(1) }, build.ints([axis])];
  const words = build.cast(x, "int32");
  const below = build.node("Sub", [build.node("ReduceMax", [words, along], keep), words]);
  const read = (name: string, make: () => (place: number) => number, at: Value) =>
    build.cast(build.node("Gather", [tableWith(build, name, make), at]), "int64");
  const powers = read(`exponents_${scale}`, () => exponents(scale), below);
  const sum = build.node("ReduceSum", [powers, along], keep);
  // The highest bit of the sum, counted from the lowest; just above a whole number where that is the logarithm.
  const natural = build.node("Log", [build.cast(sum, "float64")]);
  const binary = build.node("Mul", [natural, build.scalar(Math.LOG2E, "float64")]);
  const raised = build.node("Add", [binary, build.scalar(2 ** -32, "float64")]);
  const bit = build.cast(build.node("Floor", [raised]), "int64");
  const all = build.numbersAs(
    "int64",
    [31],
    Array.from({ length: 31 }, (_, i) => 2 ** i),
  );
  const power = (exponent: Value) => build.node("Gather", [all, exponent]);
  const divided = (a: Value, b: Value, half: Value) => build.node("Div", [build.node("Add", [a, half]), b]);
  const full = build.node("Mul", [sum, power(build.node("Sub", [whole(30), bit]))]);
  const shifted = divided(full, whole(2 ** 14), whole(2 ** 13));
  const place = build.node("Min", [build.node("Sub", [shifted, whole(WORDS)]), whole(WORDS - 1)]);
  const reciprocal = read("reciprocals", () => (i) => reciprocalOf(i - 2 ** 15), place);
  const divisor = power(bit);
  const share = divided(
    build.node("Mul", [powers, reciprocal]),
    divisor,
    build.node("Div", [divisor, whole(2)]),
  );
  return build.cast(build.node("Clip", [share, whole(0), whole(MOST)]), "int16");
}

/** Whether a softmax is of words, and there is room for its tables. */
export function isOfWords(build: Build, input: TfliteTensor, output: TfliteTensor): boolean {
  return isWords(input) && isWords(output) && hasTables(build);
}
