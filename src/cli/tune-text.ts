import type { TuneReport } from "../run/tune/index.ts";
import { figure, figureHead, figureLine, UNSTABLE } from "./figures.ts";
import { type Terminal, wrap } from "./terminal.ts";

type Row = Omit<TuneReport["rows"][number], "front" | "chosen">;

const COLUMNS = [
  ["variant", 40],
  ["ms", 9],
  ["answers/s", 11],
  ["memory MB", 11],
  ["size MB", 9],
  ["load ms", 9],
  ["error %", 9],
  ["", 2],
] as const;

/** Seconds that a process takes to start, load and end, for the estimate. */
const START = 2;

/** What will be done, how long that takes at least, and the head of the table. */
export function tuneHead(
  name: string,
  variants: number,
  { window, warmUp }: { window: number; warmUp: number },
  terminal: Terminal,
): string {
  const seconds = variants * (2 * (warmUp + 3 * window) + START);
  const long = seconds < 90 ? `${Math.ceil(seconds / 5) * 5} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  const plan = `${variants} ${variants === 1 ? "variant" : "variants"}, ${long} or more; Ctrl-C stops, and the same command goes on`;
  return `${terminal.bold(name)}  ${plan}\n\n${terminal.dim(figureHead(COLUMNS))}`;
}

/** A line of the table. */
export function tuneLine({ name, figures, failed }: Row): string {
  if (figures === null)
    return `${name.padEnd(COLUMNS[0][1])} ${failed?.code ?? "not measured"}: ${failed?.message ?? ""}`;
  const { latency, throughput, memory, size, load, error, stable } = figures;
  return figureLine(
    [
      name,
      ...[latency, throughput, memory / 1e6, size / 1e6, load, error * 100].map(figure),
      stable ? "" : "~",
    ],
    COLUMNS,
  );
}

/** What a person has to know to read the table right. */
export function tuneNotes(report: TuneReport, width: number): string[] {
  if (report.rows.every(({ figures }) => figures?.stable !== false)) return [];
  return wrap(UNSTABLE, "", width);
}
