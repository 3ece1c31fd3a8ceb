import type { BenchReport, BenchRow, Load, Subject } from "../run/tune/index.ts";
import { figure, figureHead, figureLine, UNSTABLE } from "./figures.ts";
import { bytes, type Terminal, wrap } from "./terminal.ts";

const COLUMNS = [
  ["load", 24],
  ["answers/s", 10],
  ["p50 ms", 9],
  ["p90 ms", 9],
  ["p99 ms", 9],
  ["max ms", 9],
  ["cpu ms", 8],
  ["memory", 8],
  ["", 2],
] as const;

/** What is measured, and the head of the table whose lines follow one by one. */
export function benchHead({ name, place }: Subject, terminal: Terminal): string {
  return `${terminal.bold(name)}  ${place}\n\n${terminal.dim(figureHead(COLUMNS))}`;
}

/** A line of the table. */
export function benchLine({
  load,
  throughput,
  latency,
  cpuSeconds,
  residentBytes,
  stable,
  failed,
  unsent,
}: BenchRow): string {
  const marks = `${stable ? "" : "~"}${Object.keys(failed).length > 0 || unsent > 0 ? "!" : ""}`;
  return figureLine(
    [
      loadText(load),
      figure(throughput),
      ...([latency?.p50, latency?.p90, latency?.p99, latency?.max] as const).map(figure),
      figure(cpuSeconds === null ? undefined : cpuSeconds * 1000),
      residentBytes === null ? "–" : bytes(residentBytes),
      marks,
    ],
    COLUMNS,
  );
}

/** What a person has to know to read the table right. */
export function benchNotes({ rows }: BenchReport, width: number): string[] {
  const notes: string[] = [];
  if (rows.some(({ stable }) => !stable)) {
    notes.push(UNSTABLE);
  }
  for (const { load, failed, unsent, throughput, answered } of rows) {
    for (const [code, { count, message }] of Object.entries(failed)) {
      notes.push(`! ${loadText(load)}: ${count} failed with ${code}: ${message}`);
    }
    if (unsent > 0)
      notes.push(`! ${loadText(load)}: ${unsent} were not sent, since thousands waited for their answer.`);
    if (load.kind === "open" && throughput + chanceOf(load, throughput, answered) < load.rate * 0.95) {
      notes.push(
        `! ${loadText(load)}: ${figure(throughput)} a second were answered, so requests pile up and latencies grow with the window.`,
      );
    }
  }
  return notes.flatMap((note) => wrap(note, "", width));
}

function loadText(load: Load): string {
  if (load.kind === "closed") return load.concurrency === 1 ? "1 caller" : `${load.concurrency} callers`;
  return `${load.rate}/s ${load.arrivals}`;
}

/** By how much, as good as always, fewer Poisson arrivals come in a second than their rate: three standard deviations of their count. */
function chanceOf(load: Load & { kind: "open" }, throughput: number, answered: number): number {
  return load.arrivals === "poisson" && answered > 0 ? (3 * throughput) / Math.sqrt(answered) : 0;
}
