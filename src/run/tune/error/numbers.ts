import { type Metric, mean } from "./metric.ts";

/** ‖truth − answer‖ / ‖truth‖ over all the numbers of an answer, 1 at most; the mean over the answers. */
export const relativeError: Metric = {
  title: "relative error",
  problemOf(truth, answer) {
    const [given, own] = [numbersOf(truth).length, numbersOf(answer).length];
    return given === own ? null : `it has ${given} numbers, and the model answers with ${own}`;
  },
  of: (pairs) => mean(pairs.map(({ truth, answer }) => distance(numbersOf(truth), numbersOf(answer)))),
};

function distance(truth: readonly number[], answer: readonly number[]): number {
  // Of another length is another answer.
  if (truth.length !== answer.length) return 1;
  let [off, size] = [0, 0];
  for (const [i, value] of truth.entries()) {
    const other = answer[i] as number;
    if (Object.is(value, other)) {
      if (Number.isFinite(value)) size += value * value;
      continue;
    }
    off += (value - other) ** 2;
    size += value * value;
  }
  if (off === 0) return 0;
  const error = Math.sqrt(off / size);
  return Number.isNaN(error) ? 1 : Math.min(error, 1);
}

/** Answers are shallow; what lies deeper than this is not theirs. */
const MAX_DEPTH = 64;

/** The numbers in a value, in order; booleans are numbers, and so are numbers that JSON writes as texts. */
function numbersOf(value: unknown, into: number[] = [], depth = 0): number[] {
  if (typeof value === "number") into.push(value);
  else if (typeof value === "bigint" || typeof value === "boolean") into.push(Number(value));
  else if (ArrayBuffer.isView(value))
    for (const each of value as unknown as ArrayLike<number | bigint> & Iterable<number | bigint>)
      into.push(Number(each));
  else if (typeof value === "string" && /^-?(Infinity|\d+)$|^NaN$/.test(value)) into.push(Number(value));
  else if (typeof value === "object" && value !== null && depth < MAX_DEPTH)
    for (const each of Object.values(value)) numbersOf(each, into, depth + 1);
  return into;
}
