import { field, type Metric, mean } from "./metric.ts";

/** The part of the answers whose first class is not the right one. */
export const topOne: Metric = {
  title: "top-1 error",
  of: (pairs) => mean(pairs.map(({ truth, answer }) => (labelOf(truth) === labelOf(answer) ? 0 : 1))),
};

/** The best class of an answer; a label as a person wrote it. */
function labelOf(given: unknown): unknown {
  return Array.isArray(given) ? field(given[0], "label") : String(given);
}
