import { fail } from "../../../base/errors/index.ts";

export interface RecognisedText {
  readonly text: string;
  /** Mean probability of the characters; 0 where there are none. */
  readonly score: number;
}

/**
 * Greedy CTC: the best class of each step, runs of one class collapsed, blanks dropped.
 * @param steps probabilities, step by step
 * @param characters by class, the blank's place included
 */
export function decodeGreedily(
  steps: ArrayLike<number>,
  classes: number,
  blank: number,
  characters: readonly string[],
): RecognisedText {
  const count = steps.length / classes;
  let text = "";
  let sum = 0;
  let kept = 0;
  let last = blank;
  for (let step = 0; step < count; step++) {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0, at = step * classes; c < classes; c++, at++) {
      const value = steps[at] as number;
      if (value > most) {
        most = value;
        best = c;
      }
    }
    if (best !== blank && best !== last) {
      text += characters[best] ?? "";
      sum += most;
      kept++;
    }
    last = best;
  }
  return { text, score: kept === 0 ? 0 : sum / kept };
}

/**
 * The character of each class. Where the dictionary is one short, the last class is the space, as PaddleOCR's
 * `use_space_char` adds it; without a dictionary classes are named by their index, in brackets.
 * @throws TASK_OUTPUT where dictionary and classes do not fit
 */
export function charactersOf(
  dictionary: readonly string[] | null,
  classes: number,
  blank: number,
  tensor: string,
): readonly string[] {
  const rest = classes - 1;
  const known = dictionary ?? Array.from({ length: rest }, (_, i) => `[${i < blank ? i : i + 1}]`);
  const whole = known.length === rest - 1 ? [...known, " "] : [...known];
  if (whole.length !== rest || blank < 0 || blank >= classes) {
    throw fail("TASK_OUTPUT", {
      tensor,
      task: "text-recognition",
      found: `scores of ${classes} classes`,
      wanted: `one class for each of the ${known.length} characters and one for the blank (class ${blank})`,
    });
  }
  whole.splice(blank, 0, "");
  return whole;
}
