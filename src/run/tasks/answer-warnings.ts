// What an answer itself tells of an input that is unlike those that the model was made for: nothing was found, or the model is
// sure of nothing. The look of the input tells more, and comes first: picture-warnings.ts, sound-warnings.ts.

/** Labels that a person reads in a warning. */
const FEW_LABELS = 3;

/** What is looked for, where it has few names. */
function wanted(labels: readonly string[] | null): string {
  return labels && labels.length > 0 && labels.length <= FEW_LABELS ? ` (${labels.join(", ")})` : "";
}

/** Fewer classes are equally likely with a score that looks like something. */
const MANY_CLASSES = 10;
/** Of models of photos that are right in four of five, one in four or fewer is right where the best class has less. */
const LEAST_BEST = 0.2;

/**
 * A model of many classes that gives none of them a fifth of the whole.
 * @param scores of all classes; nothing is said of others than probabilities, 0 to 1
 */
export function warnOfScores(scores: ArrayLike<number>): string[] {
  let best = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (!(score >= 0 && score <= 1)) return [];
    if (score > best) best = score;
  }
  if (scores.length < MANY_CLASSES || best >= LEAST_BEST) return [];
  return [
    `The model is sure of nothing: of its ${scores.length} classes the best has a score of ${best.toFixed(2)}. What was given may be none of them.`,
  ];
}

/** Of the way from the least score that counts to certainty. */
const LITTLE_ABOVE = 0.2;

/**
 * Nothing was found, or only what hardly counts.
 * @param best score of what was found; null where nothing was
 * @param threshold the model's own, from 0 to 1; with others, what is little above it is unknown
 */
export function warnOfFound(
  best: number | null,
  threshold: number,
  labels: readonly string[] | null,
): string[] {
  if (best === null) {
    return [
      `Nothing has a score of ${threshold} or more: what the model finds${wanted(labels)} may not be there, or be too small or turned.`,
    ];
  }
  if (threshold < 0 || threshold >= 1 || best - threshold >= LITTLE_ABOVE * (1 - threshold)) return [];
  return [
    `The best score is ${best.toFixed(2)}, little above the ${threshold} from which something counts: it may be something else.`,
  ];
}

/** What is smaller is a mistake at an edge more often than a thing: 25 by 25 pixels of 256 by 256. */
const SMALL_PART = 0.01;
/** A foreground with sharp edges has 0.05 to 0.2, one of hair and of people far away up to 0.7. */
const MOST_UNSURE = 0.75;

/** Numbers of pixels: of the whole, of what is marked, and those of which the model is not sure either way. */
export interface Marked {
  readonly all: number;
  readonly marked: number;
  readonly unsure: number;
}

/** Nothing is marked, next to nothing, or with edges that are as large as what they surround. */
export function warnOfMask(
  { all, marked, unsure }: Marked,
  threshold: number,
  labels: readonly string[] | null,
): string[] {
  if (marked === 0) return warnOfFound(null, threshold, labels);
  if (marked < SMALL_PART * all) {
    const part = Math.max(0.01, (100 * marked) / all);
    return [
      `Only ${part.toPrecision(1)} % of the picture is marked: what the model looks for${wanted(labels)} is likely not there.`,
    ];
  }
  if (unsure <= MOST_UNSURE * marked) return [];
  return [`The model is hardly sure of what it marks: what it looks for${wanted(labels)} may not be there.`];
}
