import { FIGURES, type FigureName, type Figures, type TuneRow } from "./row.ts";

/** What variants are compared in. How long loading takes matters once; it is shown, and decides nothing unless it is asked for. */
const COMPARED: readonly FigureName[] = ["latency", "throughput", "memory", "size", "error"];

/** The Pareto front: those than which no other is at least as good in everything and better in something. */
export function frontOf(rows: readonly TuneRow[]): Set<TuneRow> {
  const measured = rows.filter(({ figures }) => figures !== null);
  return new Set(
    measured.filter(
      (row) => !measured.some((other) => dominates(other.figures as Figures, row.figures as Figures)),
    ),
  );
}

function dominates(a: Figures, b: Figures): boolean {
  let isBetter = false;
  for (const name of COMPARED) {
    const ahead = FIGURES[name].less ? b[name] - a[name] : a[name] - b[name];
    if (ahead < 0) return false;
    if (ahead > 0) isBetter = true;
  }
  return isBetter;
}
