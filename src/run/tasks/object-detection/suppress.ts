import type { Suppression } from "../../../model/contract/vision.ts";
import type { Box } from "./boxes.ts";

export interface Candidate {
  readonly box: Box;
  readonly index: number;
  readonly score: number;
}

/**
 * Most boxes that are compared with each other, the best of them: their number squared is the work. Detectors of large pictures
 * give some hundreds above any useful threshold.
 */
const MAX_COMPARED = 3_000;

/**
 * One box of each thing, best first. Greedy: the best box stays, and those that overlap it by more go. Weighted: the best box
 * becomes the mean of itself and of those, weighted by their scores (Bazarevsky et al. 2019, section 4).
 * @param sorted best first
 */
export function suppress(
  sorted: readonly Candidate[],
  { overlap, method, acrossClasses }: Suppression,
): Candidate[] {
  const found: Candidate[] = [];
  let left = sorted.slice(0, MAX_COMPARED);
  while (left.length > 0) {
    const [best] = left as [Candidate];
    const same: Candidate[] = [];
    const others: Candidate[] = [];
    for (const each of left) {
      const isCompared = acrossClasses || each.index === best.index;
      const isSame = each === best || (isCompared && overlapOf(best.box, each.box) > overlap);
      (isSame ? same : others).push(each);
    }
    found.push(method === "greedy" ? best : { ...best, box: meanOf(same) });
    left = others;
  }
  return found;
}

/** Intersection over union; 0 for boxes without area. */
export function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (!(width > 0 && height > 0)) return 0;
  const both = width * height;
  return both / (areaOf(a) + areaOf(b) - both);
}

function areaOf({ left, top, right, bottom }: Box): number {
  return (right - left) * (bottom - top);
}

function meanOf(candidates: readonly Candidate[]): Box {
  const total = candidates.reduce((sum, { score }) => sum + score, 0);
  // Scores of zero weigh nothing: then the best box stands for all.
  const [first] = candidates as readonly [Candidate];
  if (!(total > 0)) return first.box;
  const mean = (read: (box: Box) => number) =>
    candidates.reduce((sum, { box, score }) => sum + read(box) * score, 0) / total;
  return {
    left: mean(({ left }) => left),
    top: mean(({ top }) => top),
    right: mean(({ right }) => right),
    bottom: mean(({ bottom }) => bottom),
    points: first.box.points.map((_, i) => ({
      x: mean(({ points }) => points[i]?.x ?? 0),
      y: mean(({ points }) => points[i]?.y ?? 0),
    })),
  };
}
