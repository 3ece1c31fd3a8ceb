export interface ClassScore {
  readonly label: string;
  readonly score: number;
}

/** The best classes, best first, equal scores by index; not-a-number counts as the worst. */
export function rank(scores: ArrayLike<number>, labels: readonly string[] | null, top: number): ClassScore[] {
  const order = Float64Array.from(scores, (score) =>
    Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score,
  );
  const best = Array.from(order.keys()).sort(
    (a, b) => compare(order[b] as number, order[a] as number) || a - b,
  );
  return best.slice(0, top).map((index) => ({
    label: labels?.[index] ?? String(index),
    score: scores[index] as number,
  }));
}

/** Infinities are equal to themselves, which their difference does not tell. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
