import { fail } from "../../base/errors/index.ts";
import type { Calibration } from "../../model/contract/contract.ts";

/** Scores below it would have no logarithm worth the name. */
const LEAST = 1e-16;

/** What makes scores of different classes comparable: the score of a class in, the calibrated one out. */
export type Calibrate = (index: number, score: number) => number;

interface Sigmoid {
  readonly scale: number;
  readonly slope: number;
  readonly offset: number;
  readonly least: number | null;
}

/** Contracts' calibrations are the same for every answer. */
const cache = new WeakMap<Calibration, Calibrate>();

/**
 * Calibration of scores by a sigmoid for each class, as TensorFlow's Task Library does it (score_calibration.cc).
 * @param lines `scale,slope,offset[,least]` of each class, or nothing
 * @throws TASK_CALIBRATION where a line is neither
 */
export function calibrationOf(
  calibration: Calibration | undefined,
  lines: readonly string[] | undefined,
): Calibrate | null {
  if (!calibration || !lines) return null;
  const known = cache.get(calibration);
  if (known) return known;
  const sigmoids = lines.map(parseLine);
  const transform = TRANSFORMATIONS[calibration.transformation];
  const calibrate: Calibrate = (index, score) => {
    const sigmoid = sigmoids[index] ?? null;
    if (!sigmoid || (sigmoid.least !== null && score < sigmoid.least)) return calibration.default;
    return sigmoid.scale / (1 + Math.exp(-(sigmoid.slope * transform(score) + sigmoid.offset)));
  };
  cache.set(calibration, calibrate);
  return calibrate;
}

const TRANSFORMATIONS: Readonly<Record<Calibration["transformation"], (score: number) => number>> = {
  identity: (score) => score,
  log: clampedLog,
  "inverse-logistic": (score) => clampedLog(score) - clampedLog(1 - score),
};

/** The logarithm, continued below the least score so that it stays finite and keeps the order. */
function clampedLog(score: number): number {
  return score < LEAST ? 2 * Math.log(LEAST) - Math.log(2 * LEAST - score) : Math.log(score);
}

function parseLine(line: string, i: number): Sigmoid | null {
  const text = line.trim();
  if (text === "") return null;
  const numbers = text.split(",").map((each) => (each.trim() === "" ? Number.NaN : Number(each)));
  const [scale, slope, offset, least = null] = numbers;
  const isWhole = numbers.length === 3 || numbers.length === 4;
  if (!isWhole || numbers.some(Number.isNaN)) {
    throw fail("TASK_CALIBRATION", { line: i + 1, text: text.slice(0, 60) });
  }
  return { scale: scale as number, slope: slope as number, offset: offset as number, least };
}
