import { field, type Metric } from "./metric.ts";

/** Character error rate: the least number of characters to be put in, left out or changed, in all those of the truth. */
export const characters: Metric = {
  title: "character error",
  problemOf: (truth) =>
    typeof truth === "string" || typeof field(truth, "text") === "string" ? null : "it is no text",
  of(pairs) {
    let [wrong, all] = [0, 0];
    for (const { truth, answer } of pairs) {
      const [right, read] = [textOf(truth), textOf(answer)];
      wrong += editDistance(right, read);
      all += right.length;
    }
    return all === 0 ? Number(wrong > 0) : Math.min(1, wrong / all);
  },
};

/** By code points: a letter beyond the first plane is one. */
function textOf(given: unknown): string[] {
  const text = field(given, "text");
  return [...(typeof text === "string" ? text : typeof given === "string" ? given : "")];
}

/** Levenshtein's distance, a row of the table at a time (Wagner and Fischer, 1974). */
export function editDistance(from: readonly string[], to: readonly string[]): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of from.entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = (row[j] as number) + (to[j] === letter ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
