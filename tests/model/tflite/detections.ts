// What a detector found: boxes, classes, scores and their number, as TFLite_Detection_PostProcess gives them.
import type { Tensor } from "../../../src/model/tensor/index.ts";
import { numbersOf } from "./agree.ts";
import { formDisagrees, type Recorded, recordedValues } from "./recorded.ts";

/** A step of 8-bit scores. */
const STEP = 1 / 256;
/** Corners may be off by so much of the picture: about a step of the encoded boxes. */
const CORNER = 0.02;

interface Detection {
  readonly box: readonly number[];
  readonly label: number;
  readonly score: number;
}

/**
 * What is wrong with detections; null where they are those of one of the sets of kernels. Boxes that overlap survive each other by a
 * step of their scores, and sets of kernels differ by more than one, so no answer is held to several of them. Which of equally good
 * ones come last is chance: each that is clearly better than the worst must be among the others' with the same class, place and score.
 * @param sets what each set of kernels answers, the library's own first
 */
export function detectionsDisagree(
  sets: readonly (readonly Recorded[])[],
  answers: readonly (Tensor | undefined)[],
): string | null {
  const [first = []] = sets;
  for (const [i, each] of first.entries()) {
    const form = formDisagrees(each, answers[i]);
    if (form) return `output ${i} ${form}`;
  }
  const got = detections(answers.map((each) => (each ? numbersOf(each) : [])));
  const problems: string[] = [];
  for (const recorded of sets) {
    const wanted = detections(recorded.map((each) => recordedValues(each).wanted));
    const problem = missing(wanted, got, "is missing") ?? missing(got, wanted, "is too much");
    if (problem === null) return null;
    problems.push(problem);
  }
  return problems.join("; of other kernels ");
}

function missing(these: readonly Detection[], among: readonly Detection[], what: string): string | null {
  const worst = Math.min(...these.map(({ score }) => score), ...among.map(({ score }) => score));
  for (const each of these) {
    if (each.score <= worst + 2 * STEP) continue;
    const found = among.some(
      ({ box, label, score }) =>
        Math.abs(score - each.score) <= STEP &&
        label === each.label &&
        box.every((at, i) => Math.abs(at - (each.box[i] as number)) <= CORNER),
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
