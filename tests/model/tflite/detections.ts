// What a detector found: boxes, classes, scores and their number, as TFLite_Detection_PostProcess gives them.
import type { Tensor } from "../../../src/model/tensor/index.ts";
import { numbersOf } from "./agree.ts";
import { formDisagrees, type Recorded, recordedValues } from "./recorded.ts";

/** A step of 8-bit scores. */
const STEP = 1 / 256;
/** Corners may be off by so much of the picture: a few steps of the encoded boxes. */
const CORNER = 0.05;

/** Boxes that share more of their area are one: nms_iou_threshold of the models. */
const SUPPRESSED = 0.6;

interface Detection {
  readonly box: readonly number[];
  readonly label: number;
  readonly score: number;
}

/**
 * What is wrong with detections; null where they agree. Which of equally good ones come last, or survive each other, is chance: so each
 * that is clearly better than the worst must be among the others' with the same class, place and score. One that is less likely than
 * not may stand for another that is as good, and that suppresses it or is suppressed by it: a step of the scores decides between them.
 */
export function detectionsDisagree(
  recorded: readonly Recorded[],
  answers: readonly (Tensor | undefined)[],
): string | null {
  for (const [i, each] of recorded.entries()) {
    const form = formDisagrees(each, answers[i]);
    if (form) return `output ${i} ${form}`;
  }
  const wanted = detections(recorded.map((each) => recordedValues(each).wanted));
  const got = detections(answers.map((each) => (each ? numbersOf(each) : [])));
  const slack = (recorded[2]?.noise ?? 0) + STEP;
  return missing(wanted, got, slack, "is missing") ?? missing(got, wanted, slack, "is too much");
}

function missing(
  these: readonly Detection[],
  among: readonly Detection[],
  slack: number,
  what: string,
): string | null {
  const worst = Math.min(...these.map(({ score }) => score), ...among.map(({ score }) => score));
  for (const each of these) {
    if (each.score <= worst + 2 * slack) continue;
    const found = among.some(
      ({ box, label, score }) =>
        Math.abs(score - each.score) <= slack &&
        ((label === each.label && box.every((at, i) => Math.abs(at - (each.box[i] as number)) <= CORNER)) ||
          (each.score < 0.5 && overlap(box, each.box) > SUPPRESSED)),
    );
    if (!found) return `class ${each.label} with ${each.score} at ${each.box} ${what}`;
  }
  return null;
}

/** The shared part of the area of two boxes [ymin, xmin, ymax, xmax]. */
function overlap(a: readonly number[], b: readonly number[]): number {
  const [y = 0, x = 0, bottom = 0, right = 0] = a;
  const [y2 = 0, x2 = 0, bottom2 = 0, right2 = 0] = b;
  const shared =
    Math.max(0, Math.min(bottom, bottom2) - Math.max(y, y2)) *
    Math.max(0, Math.min(right, right2) - Math.max(x, x2));
  return shared / ((bottom - y) * (right - x) + (bottom2 - y2) * (right2 - x2) - shared);
}

function detections([
  boxes = [],
  labels = [],
  scores = [],
  [count = 0] = [],
]: readonly number[][]): Detection[] {
  return Array.from({ length: count }, (_, i) => ({
    box: boxes.slice(4 * i, 4 * i + 4),
    label: labels[i] as number,
    score: scores[i] as number,
  }));
}
