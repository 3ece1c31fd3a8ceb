import { field, type Metric, mean, someOf } from "./metric.ts";

/** The part of the answers whose first class is not the right one. */
export const topOne: Metric = {
  title: "top-1 error",
  problemOf(truth, _answer, labels) {
    const label = labelOf(truth);
    if (typeof label !== "string") return "it is no label";
    // Classes beyond the names are called by their numbers.
    if (labels?.includes(label) || (/^\d+$/.test(label) && Number(label) >= (labels?.length ?? 0)))
      return null;
    const known = labels ? `these: ${someOf(labels)}` : "numbers";
    return `${JSON.stringify(label)} is none of the model's labels, which are ${known}`;
  },
  of: (pairs) => mean(pairs.map(({ truth, answer }) => (labelOf(truth) === labelOf(answer) ? 0 : 1))),
};

/** The best class of an answer; a label as a person wrote it. */
function labelOf(given: unknown): unknown {
  return Array.isArray(given) ? field(given[0], "label") : String(given);
}
