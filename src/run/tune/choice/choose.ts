import { FIGURES, type FigureName, type Figures, type TuneRow } from "./row.ts";

/** What a variant has to keep to: at most so much of a figure, or, of throughput, at least. */
export type Limits = Readonly<Partial<Record<FigureName, number>>>;

/** A limit that a variant misses. */
export interface Miss {
  readonly figure: FigureName;
  readonly is: number;
  readonly limit: number;
}

export interface Choice {
  /** The best of those that keep to every limit; null where none does. */
  readonly chosen: TuneRow | null;
  /** Where none does, the one that misses least, and what it misses. */
  readonly nearest: { readonly row: TuneRow; readonly misses: readonly Miss[] } | null;
}

/** The variant that is best in one figure among those that keep to the limits; of equals the one with the least error. */
export function choose(rows: readonly TuneRow[], limits: Limits, goal: FigureName): Choice {
  const measured = rows.flatMap((row) => (row.figures === null ? [] : [{ row, figures: row.figures }]));
  const seen = measured.map((each) => ({ ...each, misses: missesOf(each.figures, limits) }));
  const sign = FIGURES[goal].less ? 1 : -1;
  const [best] = seen
    .filter(({ misses }) => misses.length === 0)
    .sort((a, b) => sign * (a.figures[goal] - b.figures[goal]) || a.figures.error - b.figures.error);
  if (best) return { chosen: best.row, nearest: null };
  const [nearest] = seen.sort((a, b) => howFar(a.misses) - howFar(b.misses));
  return { chosen: null, nearest: nearest ? { row: nearest.row, misses: nearest.misses } : null };
}

function missesOf(figures: Figures, limits: Limits): Miss[] {
  return (Object.keys(FIGURES) as FigureName[]).flatMap((figure) => {
    const limit = limits[figure];
    const is = figures[figure];
    if (limit === undefined || (FIGURES[figure].less ? is <= limit : is >= limit)) return [];
    return [{ figure, is, limit }];
  });
}

/** How many times what is allowed, all misses together: a limit of 0 is missed by the figure itself. */
function howFar(misses: readonly Miss[]): number {
  return misses.reduce((sum, { figure, is, limit }) => {
    const [more, less] = FIGURES[figure].less ? [is, limit] : [limit, is];
    return sum + (less > 0 ? more / less - 1 : more);
  }, 0);
}
