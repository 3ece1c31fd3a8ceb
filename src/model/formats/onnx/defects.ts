import type { Defect } from "../../graph/graph.ts";

/** Enough to see what is wrong; a hostile file has one for each of its millions of nodes. */
const MOST_OF_A_KIND = 1_000;
/** Names come from the file. */
const LONGEST_TEXT = 300;

/** Collects what a reader sees wrong and goes on from, a bounded number of each kind. */
export class Defects {
  readonly found: Defect[] = [];
  readonly #counts = new Map<Defect["kind"], number>();

  add(defect: Defect): void {
    const count = this.#counts.get(defect.kind) ?? 0;
    this.#counts.set(defect.kind, count + 1);
    if (count >= MOST_OF_A_KIND) return;
    const { text } = defect;
    this.found.push(
      text.length > LONGEST_TEXT ? { ...defect, text: `${text.slice(0, LONGEST_TEXT)}…` } : defect,
    );
  }
}
