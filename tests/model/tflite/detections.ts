// What a detector found: boxes, classes, scores and their number, as TFLite_Detection_PostProcess gives them.
import type { Tensor } from "../../../src/model/tensor/index.ts";
import { numbersOf } from "./agree.ts";
import { formDisagrees, type Recorded, recordedValues } from "./recorded.ts";

/** A step of 8-bit scores. */
const STEP = 1 / 256;
/** Corners may be off by so much of the picture: a few steps of the encoded boxes. */
const CORNER = 0.05;

interface Detection {
  readonly box: readonly number[];
  readonly label: number;
  readonly score: number;
}

/**
 * What is wrong with detections; null where they agree. Which of equally good ones come last, or survive each other, is chance: so each
 * that is clearly better than the worst must be among the others' with the same class, place and score.
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
        label === each.label &&
        Math.abs(score - each.score) <= slack &&
        box.every((corner, i) => Math.abs(corner - (each.box[i] as number)) <= CORNER),
    );
    if (!found) return `class ${each.label} with ${each.score} at ${each.box} ${what}`;
  }
  return null;
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
