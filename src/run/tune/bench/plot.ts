import { drawChart, type Series } from "../plot/chart.ts";
import type { BenchReport, BenchRow } from "./bench.ts";

/** Latency against throughput, a line for each percentile; a point for each load. */
export function plotBench({ name, place, rows }: BenchReport): string {
  const answered = rows.filter(({ latency }) => latency !== null);
  const closed = answered.filter(({ load }) => load.kind === "closed");
  const open = answered.filter(({ load }) => load.kind === "open");
  const lines = (of: readonly BenchRow[], kind: string): Series[] =>
    of.length === 0
      ? []
      : (["p50", "p90", "p99"] as const).map((rank) => ({
          name: open.length > 0 && closed.length > 0 ? `${rank} ${kind}` : rank,
          joined: true,
          points: of.map(({ load, throughput, latency }) => ({
            x: throughput,
            y: latency?.[rank] ?? Number.NaN,
            ...(rank === "p99"
              ? { label: load.kind === "closed" ? `${load.concurrency}` : `${load.rate}/s` }
              : {}),
          })),
        }));
  const labels = [
    ...(closed.length > 0 ? ["callers at once"] : []),
    ...(open.length > 0 ? ["requests a second"] : []),
  ];
  return drawChart({
    title: `${name}: latency by throughput`,
    subtitle: `${place}; beside the points: ${labels.join(" or ")}`,
    x: { label: "answers a second", scale: "linear" },
    y: { label: "milliseconds", scale: "log" },
    series: [...lines(closed, "closed"), ...lines(open, "open")],
  });
}
