import { field, type Metric, mean, type Pair } from "./metric.ts";

interface Box {
  readonly label: string;
  readonly score: number;
  readonly place: readonly [left: number, top: number, right: number, bottom: number];
}

/** Boxes that overlap by so much of their union are the same thing (PASCAL VOC). */
const SAME = 0.5;

/**
 * 1 − mean average precision at an overlap of 0.5: of each label the area under precision by recall, with precision made to fall
 * (PASCAL VOC 2010 and later), and the mean over the labels of the truth.
 */
export const averagePrecision: Metric = {
  title: "1 − mAP at 0.5",
  problemOf: (truth) =>
    Array.isArray(truth) &&
    truth.every((each) => typeof field(each, "label") === "string") &&
    boxesOf(truth).every(({ place }) => place.every(Number.isFinite))
      ? null
      : "it is no list of boxes, each with a label and a box of xmin, ymin, xmax and ymax",
  of(pairs) {
    const truths = pairs.map(({ truth }) => boxesOf(truth));
    const answers = pairs.map(({ answer }) => boxesOf(answer));
    const labels = [...new Set(truths.flat().map(({ label }) => label))];
    // Where nothing is to be found, whatever is found is wrong.
    if (labels.length === 0) return answers.some((boxes) => boxes.length > 0) ? 1 : 0;
    return 1 - mean(labels.map((label) => precisionOf(label, truths, answers)));
  },
};

function boxesOf(given: Pair["truth"]): Box[] {
  if (!Array.isArray(given)) return [];
  return given.map((each) => {
    const box = field(each, "box");
    const [left, top, right, bottom] = ["xmin", "ymin", "xmax", "ymax"].map((side) =>
      Number(field(box, side)),
    );
    return {
      label: String(field(each, "label")),
      score: Number(field(each, "score") ?? 1),
      place: [left, top, right, bottom] as Box["place"],
    };
  });
}

function precisionOf(label: string, truths: readonly Box[][], answers: readonly Box[][]): number {
  const wanted = truths.map((boxes) => boxes.filter((box) => box.label === label));
  const count = wanted.reduce((sum, { length }) => sum + length, 0);
  const found = answers
    .flatMap((boxes, picture) => boxes.filter((box) => box.label === label).map((box) => ({ box, picture })))
    .sort((a, b) => b.box.score - a.box.score);
  const taken = new Set<Box>();
  const curve: { precision: number; recall: number }[] = [];
  let right = 0;
  for (const [i, { box, picture }] of found.entries()) {
    const best = (wanted[picture] ?? [])
      .map((each) => ({ each, overlap: overlapOf(each.place, box.place) }))
      .sort((a, b) => b.overlap - a.overlap)[0];
    if (best && best.overlap >= SAME && !taken.has(best.each)) {
      taken.add(best.each);
      right++;
    }
    curve.push({ precision: right / (i + 1), recall: right / count });
  }
  let [area, highest, recall] = [0, 0, curve.at(-1)?.recall ?? 0];
  for (const point of curve.reverse()) {
    area += highest * (recall - point.recall);
    recall = point.recall;
    highest = Math.max(highest, point.precision);
  }
  return area + highest * recall;
}

/** Intersection over union. */
export function overlapOf(a: Box["place"], b: Box["place"]): number {
  const across = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const down = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const both = across * down;
  const area = ([left, top, right, bottom]: Box["place"]) =>
    Math.max(0, right - left) * Math.max(0, bottom - top);
  const union = area(a) + area(b) - both;
  return union > 0 ? both / union : 0;
}
