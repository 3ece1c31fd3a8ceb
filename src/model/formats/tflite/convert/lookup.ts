import type { Value } from "../../../graph/graph.ts";
import { constantTensor } from "../../../tensor/index.ts";
import type { Build } from "./build.ts";
import { isWords, multiplied } from "./multipliers.ts";
import type { Op } from "./operator.ts";
import type { QuantizedTensor } from "./quantized.ts";

// Kernels of 16 bits read some functions from a table and go straight between its entries, which is up to 65 steps from the
// function. What they answer is worked out here once for each of the numbers that there are, in their own arithmetic.

/** Tables that are worked out, of 128 kB each; nets have a few. Beyond them the function itself is computed. */
const MAX_TABLES = 200;

const WORDS = 2 ** 16;
const [LEAST, MOST] = [-(2 ** 15), 2 ** 15 - 1];

/** What a kernel answers to a stored number. */
export type Answers = (stored: number) => number;

type Scaled = Pick<QuantizedTensor["quantization"], "scale" | "zeroPoint">;

/** Sets the output of an operator whose kernel of 16 bits reads a table. @returns false, where nothing is set: of other types */
export function lookedUp(
  op: Op,
  build: Build,
  name: string,
  answersOf: (input: Scaled, output: Scaled) => Answers,
): boolean {
  const [input, output] = [op.input(0), op.output(0)];
  if (!isWords(input) || !isWords(output) || !hasTables(build)) return false;
  const [from, to] = [input.quantization, output.quantization];
  const key = [name, from.scale[0], from.zeroPoint[0], to.scale[0], to.zeroPoint[0]].join("_");
  const table = tableWith(build, key, () => {
    const answers = answersOf(from, to);
    // A negative index counts from the end.
    return (i) => answers(i > MOST ? i - WORDS : i);
  });
  const layout = build.layoutOf([input]);
  const places = build.cast(build.stored(input, layout), "int32");
  build.setStored(output, build.node("Gather", [table, places]), layout);
  return true;
}

/** Whether a model may have further tables. */
export function hasTables({ context }: Build): boolean {
  return context.count.lookups < MAX_TABLES;
}

/** A table of words, made once for a name, which all graphs of the model read. @param make gives what stands at each place */
export function tableWith(build: Build, name: string, make: () => (place: number) => number): Value {
  return build.shared(name, () => {
    build.context.count.lookups++;
    const at = make();
    const data = Int16Array.from({ length: WORDS }, (_, i) => at(i));
    return constantTensor({ dtype: "int16", shape: [WORDS], data }, "table");
  });
}

/** Entries of the kernels' table of the logistic function, at each 24th, in 65,536ths. */
const ENTRIES = 256;

/** The function, and half of what a straight line between two entries misses in their middle. */
function entriesOfLogistic(): number[] {
  const at = (i: number) => WORDS / (1 + Math.exp(-i / 24));
  return Array.from({ length: ENTRIES }, (_, i) =>
    i === ENTRIES - 1 ? WORDS - 1 : Math.round(at(i) + (at(i + 0.5) - (at(i) + at(i + 1)) / 2) / 2),
  );
}

/** A stored number in units of three 4,096ths, with bits behind the point where the scale is no power of two. */
function rescaled(scale: number): Answers {
  const exponent = Math.round(Math.log2(scale));
  const isPower = Math.abs(Math.log2(scale) - exponent) < 1e-3;
  const whole = 12 + exponent;
  if (isPower && (whole === 0 || whole === 1)) return (stored) => stored * 3 * 2 ** whole;
  let [factor, shift] = [scale * 4096 * 3, 0];
  for (; factor <= MOST / 2 && shift <= 30; shift++) factor *= 2;
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  return (stored) => Math.floor((stored * Math.trunc(factor) + half) / 2 ** shift);
}

/** A number's magnitude on the straight line between entries that are `step` apart, in `step`ths of an entry. */
function between(entries: readonly number[], step: number, magnitude: number): number | null {
  const place = Math.floor(magnitude / step);
  if (place >= ENTRIES - 1) return null;
  const [low, high] = [entries[place] as number, entries[place + 1] as number];
  return low * step + (magnitude % step) * (high - low);
}

/** lite/kernels/internal/reference/integer_ops/logistic.h */
export function logisticOf({ scale }: Scaled): Answers {
  const [entries, place] = [entriesOfLogistic(), rescaled(scale[0] as number)];
  return (stored) => {
    const x = place(stored);
    const y = between(entries, 2 ** 9, Math.abs(x)) ?? MOST * 2 ** 10;
    return Math.floor((x >= 0 ? y + 2 ** 9 : 2 ** 25 - y + 2 ** 9 - 1) / 2 ** 10);
  };
}

/** lite/kernels/internal/reference/integer_ops/tanh.h: the table of the logistic function at twice the number. */
export function tanhOf({ scale }: Scaled): Answers {
  const [entries, place] = [entriesOfLogistic(), rescaled(scale[0] as number)];
  return (stored) => {
    const x = place(stored);
    const y = (between(entries, 2 ** 8, Math.abs(x)) ?? (WORDS - 1) * 2 ** 8) - 2 ** 23;
    return Math.floor((x >= 0 ? y + 2 ** 7 : -y + 2 ** 7 - 1) / 2 ** 8);
  };
}

/**
 * A table of 513 entries over all stored numbers: lite/kernels/internal/common.h, LUTPopulate and LUTLookup.
 * @param f what the kernel works the table out in: 32 bits, or all 64
 */
export function tableOf(
  compute: (real: number) => number,
  f: (real: number) => number = Math.fround,
): (input: Scaled, output: Scaled) => Answers {
  return (input, output) => {
    const real = ({ scale: [scale = 1], zeroPoint: [zero = 0] }: Scaled, stored: number) =>
      f(f(scale) * (stored - zero));
    const [least, most] = [real(input, LEAST), real(input, MOST)];
    const step = f(f(most - least) / 512);
    const steps = f(WORDS / f(real(output, MOST) - real(output, LEAST)));
    const at = (i: number, more = 0) => f(f(compute(f(f(least + f(i * step)) + more))) * steps);
    const word = (number: number) => Math.min(Math.max(number, LEAST), MOST);
    const entries = Array.from({ length: 513 }, (_, i) => {
      if (i === 512) return word(rounded(f(f(compute(most)) * steps)));
      const middle = rounded(f(f(at(i + 1) + rounded(at(i))) / 2));
      return word(rounded(at(i)) - rounded(f(middle - rounded(at(i, f(step / 2)))) / 2));
    });
    return (stored) => {
      const place = Math.floor((stored - LEAST) / 128);
      const [low, high] = [entries[place] as number, entries[place + 1] as number];
      return low + Math.floor(((high - low) * ((stored - LEAST) % 128) + 64) / 128);
    };
  };
}

/** One over a root; of what has none, the largest number that is stored. */
export const rsqrtOf = tableOf((x) => (x > 0 ? 1 / Math.sqrt(x) : 2 ** 64));

/** lite/kernels/internal/reference/leaky_relu.h. @param alpha above 0 */
export function leakyReluOf(alpha: number): (input: Scaled, output: Scaled) => Answers {
  return (input, output) => {
    const [[from = 1], [to = 1]] = [input.scale, output.scale];
    const [[zero = 0], [zeroOut = 0]] = [input.zeroPoint, output.zeroPoint];
    return (stored) => {
      const value = stored - zero;
      const answer = multiplied(value, (value < 0 ? from * alpha : from) / to) + zeroOut;
      return Math.min(Math.max(answer, LEAST), MOST);
    };
  };
}

/** Halves away from zero. */
function rounded(number: number): number {
  return Math.sign(number) * Math.round(Math.abs(number));
}
