import { placementText } from "../runtime/index.ts";
import { FIGURES, type FigureName, type Figures } from "./choice/row.ts";
import { drawChart, escaped, type Point } from "./plot/chart.ts";
import type { TuneReport } from "./tune.ts";

type Row = TuneReport["rows"][number];

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:0}p.where{color:#666;margin-top:.2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid #e4e4e4}th:first-child,td:first-child{text-align:left}
tr.chosen{background:#fff3c4;font-weight:600}tr.behind{color:#888}td.failed{text-align:left;color:#a33}
svg{max-width:100%;height:auto;display:block;margin:1.5rem 0}`;

/** A page that needs nothing else: what was measured, the charts, every variant, the choice. */
export function reportPage(report: TuneReport): string {
  const { name, rows } = report;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(name)}: variants</title><style>${STYLE}</style></head><body>
<h1>${escaped(name)}</h1>
<p class="where">${escaped(report.source)}; ${escaped(conditionsOf(report))}</p>
<p>${escaped(verdictOf(report))}</p>
${drawChart({
  title: "How wrong, by how slow",
  subtitle: `one caller; ${report.metric}`,
  x: { label: "median latency, milliseconds", scale: "linear" },
  y: { label: "error, %", scale: "linear" },
  series: seriesOf(rows, ({ latency, error }) => ({ x: latency, y: error * 100 })),
})}
${drawChart({
  title: "How much it answers, by how much it takes",
  subtitle: `${report.callers} callers`,
  x: { label: "memory, MB", scale: "linear" },
  y: { label: "answers a second", scale: "linear" },
  series: seriesOf(rows, ({ memory, throughput }) => ({ x: memory / 1e6, y: throughput })),
})}
<table><thead><tr><th>variant</th><th>device</th><th>latency, ms</th><th>p99, ms</th><th>answers/s</th><th>memory, MB</th><th>size, MB</th><th>load, ms</th><th>error, %</th></tr></thead>
<tbody>
${rows.map(rowText).join("\n")}
</tbody></table>
<p>Grey: another variant is at least as good in latency, answers a second, memory, size and error, and better in one. ~: three windows in a
row did not agree within 10 %.</p>
</body></html>
`;
}

function seriesOf(rows: readonly Row[], at: (figures: Figures) => { x: number; y: number }) {
  const precisions = [...new Set(rows.map(({ variant }) => variant.precision))];
  return precisions.map((precision) => ({
    name: precision,
    joined: false,
    points: rows.flatMap(({ variant, figures, chosen }): Point[] => {
      if (variant.precision !== precision || figures === null) return [];
      return [{ ...at(figures), chosen, ...(chosen ? { label: "chosen" } : {}) }];
    }),
  }));
}

function rowText({ name, figures, place, failed, chosen, front }: Row): string {
  if (figures === null) {
    const why = failed ? `${failed.code}: ${failed.message}` : "not measured";
    return `<tr class="behind"><td>${escaped(name)}</td><td class="failed" colspan="8">${escaped(why)}</td></tr>`;
  }
  const { latency, p99, throughput, memory, size, load, error, stable } = figures;
  const cells = [
    place?.device ?? "",
    `${digits(latency)}${stable ? "" : " ~"}`,
    digits(p99),
    digits(throughput),
    digits(memory / 1e6),
    digits(size / 1e6),
    digits(load),
    digits(error * 100),
  ];
  const kind = chosen ? "chosen" : front ? "" : "behind";
  return `<tr class="${kind}"><td>${escaped(name)}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

/** Where and with what it was measured. */
export function conditionsOf(report: TuneReport): string {
  const { processors, samples, truths, metric } = report;
  const given =
    samples === 0
      ? "inputs were made up"
      : `${samples} ${samples === 1 ? "sample" : "samples"}${truths > 0 ? `, of which the truth of ${truths} is known` : ""}`;
  return `${processors} ${processors === 1 ? "processor" : "processors"}, ${devicesText(report)}; ${given}; error is ${metric}`;
}

/** The device that was used, not only the one that was asked for: "auto" may take another for each variant. */
function devicesText({ device, rows }: TuneReport): string {
  const used = new Map<string, number>();
  for (const { place } of rows) {
    if (place === null) continue;
    const text = place.placement === null ? place.device : placementText(place.placement);
    used.set(text, (used.get(text) ?? 0) + 1);
  }
  const [[only] = [], ...others] = used;
  if (only === undefined) return `device ${device}`;
  const asked = device === "auto" ? ", which auto chose" : "";
  if (others.length === 0) return `device ${only}${asked}`;
  const each = [...used].map(([text, count]) => `${text} (${count} variants)`);
  return `devices ${each.join("; ")}${asked}`;
}

/** What was chosen, and why; or what comes nearest. */
export function verdictOf({ rows, limits, goal, nearest, originalError }: TuneReport): string {
  const kept = (Object.entries(limits) as [FigureName, number][]).map(
    ([figure, limit]) =>
      `${FIGURES[figure].title.split(",")[0]} ${FIGURES[figure].less ? "at most" : "at least"} ${figureText(figure, limit)}`,
  );
  const within = kept.length === 0 ? "" : ` with ${kept.join(", ")}`;
  const own =
    originalError === null ? "" : ` The original's own error is ${figureText("error", originalError)}.`;
  const chosen = rows.find((row) => row.chosen);
  if (chosen?.figures) {
    const most = FIGURES[goal].less ? "least" : "most";
    return `${chosen.name}: the ${most} ${FIGURES[goal].title.split(",")[0]}${within}, ${figureText(goal, chosen.figures[goal])}.${own}`;
  }
  if (!nearest) return `Nothing could be measured.${own}`;
  return `No variant keeps to the limits. The nearest is ${nearest.row.name}: ${missesText(nearest.misses)}.${own}`;
}

export function missesText(misses: NonNullable<TuneReport["nearest"]>["misses"]): string {
  return misses
    .map(({ figure, is, limit }) => {
      const word = FIGURES[figure].less ? "at most" : "at least";
      return `${FIGURES[figure].title.split(",")[0]} is ${figureText(figure, is)}, ${word} ${figureText(figure, limit)} was asked for`;
    })
    .join("; ");
}

/** A figure with its unit. */
export function figureText(figure: FigureName, value: number): string {
  if (figure === "error") return `${digits(value * 100)} %`;
  if (figure === "memory" || figure === "size") return `${digits(value / 1e6)} MB`;
  return figure === "throughput" ? `${digits(value)}/s` : `${digits(value)} ms`;
}

/** Three digits that count. */
function digits(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
