import { setImmediate } from "node:timers/promises";
import type { MaskOutput } from "../../../model/contract/vision.ts";
import type { Plane } from "../../media/image/index.ts";

/** Numbers that are looked at before others get their turn on this thread: some milliseconds' worth. */
const TURN = 2_000_000;
/** White from here on; see `edgesOf`. */
export const EDGE = 128;

/** A class that some pixels belong to. */
export interface Segment {
  readonly index: number;
  readonly pixels: number;
  /** Mean over its pixels; null where the model says nothing of it. */
  readonly score: number | null;
  /** From EDGE on a pixel belongs to it. */
  plane(): Plane;
}

/** The numbers of a picture: how to step from one pixel and one class to the next. */
export interface Scores {
  readonly values: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  readonly classes: number;
  readonly pixelStep: number;
  readonly classStep: number;
}

/** What each pixel belongs to: its best class. The largest segments come first. */
export async function segmentsOf(scores: Scores, activation: MaskOutput["activation"]): Promise<Segment[]> {
  const { values, classes, pixelStep, classStep, width, height } = scores;
  const count = width * height;
  const best = new Uint32Array(count);
  /** How far the best score is above the second, and the sum of what each winner would have as a probability. */
  const margins = new Float32Array(count);
  const totals = new Map<number, { pixels: number; sum: number }>();
  for (let pixel = 0, turn = 0; pixel < count; pixel++) {
    turn += classes;
    if (turn > TURN) {
      turn = 0;
      await setImmediate();
    }
    const from = pixel * pixelStep;
    let index = 0;
    let first = values[from] as number;
    let second = Number.NEGATIVE_INFINITY;
    for (let c = 1; c < classes; c++) {
      const value = values[from + c * classStep] as number;
      if (value > first) {
        second = first;
        first = value;
        index = c;
      } else if (value > second) second = value;
    }
    best[pixel] = index;
    margins[pixel] = first - second;
    const total = totals.get(index) ?? { pixels: 0, sum: 0 };
    total.pixels++;
    total.sum += probabilityOf(scores, from, first, activation);
    totals.set(index, total);
  }
  const scale = scaleOf(margins);
  const segments = [...totals].map(([index, { pixels, sum }]) => ({
    index,
    pixels,
    score: sum / pixels,
    plane: () => edgesOf(scores, index, best, margins, scale),
  }));
  return segments.sort((a, b) => b.pixels - a.pixels);
}

function probabilityOf(
  scores: Scores,
  from: number,
  score: number,
  activation: MaskOutput["activation"],
): number {
  if (activation === "none") return score;
  if (activation === "sigmoid") return 1 / (1 + Math.exp(-score));
  let sum = 0;
  for (let c = 0; c < scores.classes; c++) {
    sum += Math.exp((scores.values[from + c * scores.classStep] as number) - score);
  }
  return 1 / sum;
}

/**
 * How far the score of a class is above all others, or below the best, in steps of one around EDGE. Enlarged and cut at EDGE,
 * its edge runs where the scores, enlarged, would cross; not enlarged, it is exactly where they do.
 */
function edgesOf(
  scores: Scores,
  index: number,
  best: Uint32Array,
  margins: Float32Array,
  scale: number,
): Plane {
  const { values, width, height, pixelStep, classStep } = scores;
  const data = new Uint8Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const winner = best[pixel] as number;
    if (winner === index) {
      data[pixel] = EDGE + steps((margins[pixel] as number) * scale);
      continue;
    }
    const from = pixel * pixelStep;
    const behind =
      (values[from + winner * classStep] as number) - (values[from + index * classStep] as number);
    data[pixel] = EDGE - 1 - steps(behind * scale);
  }
  return { width, height, data };
}

/** Steps for a distance of one, so that the mean one takes half of them. */
function scaleOf(margins: Float32Array): number {
  let sum = 0;
  let known = 0;
  for (const margin of margins) {
    if (!Number.isFinite(margin)) continue;
    sum += margin;
    known++;
  }
  return sum > 0 ? (0.5 * 127 * known) / sum : 0;
}

function steps(distance: number): number {
  return Math.min(127, Math.max(0, Math.round(distance) || 0));
}

/** The segments of a picture whose pixels are the numbers of their classes. */
export function segmentsOfIndices(values: ArrayLike<number>, width: number, height: number): Segment[] {
  const totals = new Map<number, number>();
  for (let pixel = 0; pixel < width * height; pixel++) {
    const index = values[pixel] as number;
    totals.set(index, (totals.get(index) ?? 0) + 1);
  }
  const plane = (index: number) => {
    const data = Uint8Array.from({ length: width * height }, (_, pixel) =>
      values[pixel] === index ? 255 : 0,
    );
    return { width, height, data };
  };
  return [...totals]
    .map(([index, pixels]) => ({ index, pixels, score: null, plane: () => plane(index) }))
    .sort((a, b) => b.pixels - a.pixels);
}
