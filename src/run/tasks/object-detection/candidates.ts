import { fail } from "../../../base/errors/index.ts";
import type { DetectionsOutput } from "../../../model/contract/vision.ts";
import type { Tensors } from "../../../model/tensor/index.ts";
import type { Calibrate } from "../calibration.ts";
import { activate, floatsOf } from "../scores.ts";
import { anchorsOf } from "./anchors.ts";
import { type BoxReader, readBox } from "./boxes.ts";
import type { Candidate } from "./suppress.ts";

export interface Question {
  readonly task: string;
  /** Of the model's picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly threshold: number;
  readonly calibrate: Calibrate | null;
}

/**
 * The boxes whose score reaches the threshold, best first, equal ones in the order of the tensor.
 * @throws TASK_OUTPUT, TASK_ANCHORS
 */
export function candidatesOf(outputs: Tensors, output: DetectionsOutput, question: Question): Candidate[] {
  const { task, threshold, calibrate } = question;
  const { tensors } = output;
  const boxes = floatsOf(outputs, tensors.boxes, task);
  const step = boxes.shape.at(-1) ?? 0;
  const points = output.keypoints?.length ?? 0;
  const count = step === 0 ? 0 : boxes.values.length / step;
  if (step < 4 + 2 * points || (boxes.shape.at(-2) ?? 0) !== count) {
    const found = `[${boxes.shape.join(", ")}]`;
    throw fail("TASK_OUTPUT", {
      tensor: tensors.boxes,
      task,
      found,
      wanted: `[1, boxes, ${4 + 2 * points}]`,
    });
  }
  const reader = readerOf(output, question, count, points);
  const scored = scoresOf(outputs, output, count, task);
  const found: Candidate[] = [];
  for (let i = 0; i < scored.count; i++) {
    const { index, score } = scored.at(i);
    if (index < 0) continue;
    const final = calibrate ? calibrate(index, score) : score;
    if (!(final >= threshold)) continue;
    const box = readBox(boxes.values, i, step, reader);
    if (box) found.push({ box, index, score: final });
  }
  return found.sort((a, b) => b.score - a.score);
}

function readerOf(
  output: DetectionsOutput,
  { width, height }: Question,
  count: number,
  points: number,
): BoxReader {
  const { box: format, anchors: grid } = output;
  if (!grid) return { format, points, width, height, raw: null };
  const anchors = anchorsOf(grid, height, width);
  if (anchors.length !== 4 * count) {
    const problem = `there are ${anchors.length / 4} of them and ${count} boxes`;
    throw fail("TASK_ANCHORS", { problem });
  }
  return { format, points, width, height, raw: { grid, anchors } };
}

interface Scored {
  /** How many boxes count. */
  readonly count: number;
  /** Class and score of a box; a class below 0 is none. */
  at(i: number): { readonly index: number; readonly score: number };
}

function scoresOf(
  outputs: Tensors,
  { tensors, activation }: DetectionsOutput,
  boxes: number,
  task: string,
): Scored {
  const { values, shape } = floatsOf(outputs, tensors.scores, task);
  const named = tensors.classes !== undefined;
  const classes = named || shape.length < 3 ? 1 : (shape.at(-1) ?? 1);
  if (values.length !== boxes * classes) {
    const found = `[${shape.join(", ")}]`;
    const wanted = named ? `[1, ${boxes}]` : `[1, ${boxes}, classes]`;
    throw fail("TASK_OUTPUT", { tensor: tensors.scores, task, found, wanted });
  }
  const scores = activate(values, classes, activation);
  const count = tensors.count === undefined ? boxes : countOf(outputs, tensors.count, boxes, task);
  if (named) {
    const numbers = floatsOf(outputs, tensors.classes as string, task).values;
    return { count, at: (i) => ({ index: Math.round(numbers[i] ?? -1), score: scores[i] as number }) };
  }
  return { count, at: (i) => bestOf(scores, i * classes, classes) };
}

function countOf(outputs: Tensors, tensor: string, boxes: number, task: string): number {
  const count = Math.trunc(Number(floatsOf(outputs, tensor, task).values[0]));
  return Number.isNaN(count) ? 0 : Math.min(Math.max(count, 0), boxes);
}

function bestOf(scores: ArrayLike<number>, from: number, classes: number) {
  let index = 0;
  for (let i = 1; i < classes; i++) {
    if ((scores[from + i] as number) > (scores[from + index] as number)) index = i;
  }
  return { index, score: scores[from + index] as number };
}
