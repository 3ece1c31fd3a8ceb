import { nice, ticks } from "d3-array";

/** A way along an axis; a logarithmic one shows values of several magnitudes, all above 0. */
export interface Axis {
  readonly label: string;
  readonly scale: "linear" | "log";
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** What stands beside it. */
  readonly label?: string;
  /** Stands out. */
  readonly chosen?: boolean;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Whether its points are joined, in their order. */
  readonly joined: boolean;
}

export interface Chart {
  readonly title: string;
  /** Under the title: what was measured, and where. */
  readonly subtitle: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 440;
const PLACE = { left: 76, right: WIDTH - 24, top: 76, bottom: HEIGHT - 60 };
/** Told apart by people who see no red or no green too (Okabe and Ito, 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const INK = "#333";
const GRID = "#e4e4e4";

/**
 * A chart as SVG that needs nothing else.
 * @param chart points that are no finite numbers, or not above 0 on a logarithmic axis, are left out
 */
export function drawChart({ title, subtitle, x, y, series }: Chart): string {
  const shown = series.map((each) => ({
    ...each,
    points: each.points.filter((point) => fits(point.x, x) && fits(point.y, y)),
  }));
  const all = shown.flatMap(({ points }) => points);
  const across = placing(
    all.map((point) => point.x),
    x,
    PLACE.left,
    PLACE.right,
  );
  const up = placing(
    all.map((point) => point.y),
    y,
    PLACE.bottom,
    PLACE.top,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLACE.left, 26, title, `font-size="16" font-weight="600"`),
    text(PLACE.left, 44, subtitle, `fill="#666"`),
    ...across.ticks.flatMap((value) => [
      line(across.at(value), PLACE.top, across.at(value), PLACE.bottom, GRID),
      text(across.at(value), PLACE.bottom + 18, shortly(value), `text-anchor="middle"`),
    ]),
    ...up.ticks.flatMap((value) => [
      line(PLACE.left, up.at(value), PLACE.right, up.at(value), GRID),
      text(PLACE.left - 8, up.at(value) + 4, shortly(value), `text-anchor="end"`),
    ]),
    line(PLACE.left, PLACE.bottom, PLACE.right, PLACE.bottom, INK),
    line(PLACE.left, PLACE.top, PLACE.left, PLACE.bottom, INK),
    text((PLACE.left + PLACE.right) / 2, HEIGHT - 16, x.label, `text-anchor="middle"`),
    `<text transform="translate(20 ${(PLACE.top + PLACE.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
    ...legend(shown),
    ...shown.flatMap((each, i) => drawSeries(each, COLOURS[i % COLOURS.length] as string, across.at, up.at)),
    "</svg>",
  ].join("\n");
}

interface Placing {
  readonly ticks: readonly number[];
  at(value: number): number;
}

function fits(value: number, { scale }: Axis): boolean {
  return Number.isFinite(value) && (scale === "linear" || value > 0);
}

function placing(values: readonly number[], { scale }: Axis, from: number, to: number): Placing {
  const [least, most] = values.length === 0 ? [1, 1] : [Math.min(...values), Math.max(...values)];
  const way = scale === "log" ? logarithmic(least, most) : linear(most);
  return { ticks: way.ticks, at: (value) => from + way.part(value) * (to - from) };
}

/** From 0, since lengths are compared by eye. */
function linear(most: number) {
  const [, end] = nice(0, most || 1, 6);
  return { ticks: ticks(0, end, 6), part: (value: number) => value / end };
}

function logarithmic(least: number, most: number) {
  const start = Math.floor(Math.log10(least));
  const end = Math.max(Math.ceil(Math.log10(most)), start + 1);
  const steps = end - start < 4 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: end - start + 1 }, (_, i) => 10 ** (start + i));
  const all = powers.flatMap((power) => steps.map((step) => step * power));
  return {
    ticks: all.filter((value) => value <= 10 ** end * (1 + 1e-9)),
    part: (value: number) => (Math.log10(value) - start) / (end - start),
  };
}

function drawSeries(
  { points, joined }: Series,
  colour: string,
  across: (value: number) => number,
  up: (value: number) => number,
): string[] {
  const places = points.map((point) => ({ ...point, left: across(point.x), top: up(point.y) }));
  const way = places.map(({ left, top }) => `${round(left)},${round(top)}`).join(" ");
  return [
    ...(joined && places.length > 1
      ? [`<polyline points="${way}" fill="none" stroke="${colour}" stroke-width="2"/>`]
      : []),
    ...places.flatMap(({ left, top, label, chosen }) => [
      `<circle cx="${round(left)}" cy="${round(top)}" r="${chosen ? 7 : 4}" fill="${colour}"${chosen ? ` stroke="${INK}" stroke-width="2"` : ""}/>`,
      ...(label === undefined
        ? []
        : [
            text(
              left + (left > PLACE.right - 90 ? -9 : 9),
              top - 8,
              label,
              left > PLACE.right - 90 ? `text-anchor="end"` : "",
            ),
          ]),
    ]),
  ];
}

function legend(series: readonly Series[]): string[] {
  if (series.length < 2) return [];
  // Names share the width, each as much as its letters take.
  const widths = series.map(({ name }) => 28 + 7 * name.length);
  const all = widths.reduce((sum, width) => sum + width, 0);
  const shrink = Math.min(1, (WIDTH - PLACE.left) / all);
  let left = PLACE.left;
  return series.flatMap(({ name }, i) => {
    const at = round(left);
    left += (widths[i] ?? 0) * shrink;
    const dot = `<circle cx="${at + 5}" cy="${PLACE.top - 14}" r="4" fill="${COLOURS[i % COLOURS.length]}"/>`;
    return [dot, text(at + 14, PLACE.top - 10, name)];
  });
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`;
}

function text(left: number, top: number, words: string, more = ""): string {
  return `<text x="${round(left)}" y="${round(top)}"${more && ` ${more}`}>${escaped(words)}</text>`;
}

const round = (value: number) => Math.round(value * 10) / 10;

/** 1500000 → "1.5M"; 0.002 → "0.002". */
function shortly(value: number): string {
  const units = [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const;
  const unit = units.find(([size]) => value >= size);
  return unit
    ? `${Number((value / unit[0]).toPrecision(3))}${unit[1]}`
    : String(Number(value.toPrecision(3)));
}

/** For text and attributes of XML; characters that it cannot carry are left out. */
export function escaped(words: string): string {
  const named: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return words
    .replace(/[&<>"']/g, (sign) => named[sign] as string)
    .replace(/\p{Cc}|\p{Cs}|\ufffe|\uffff/gu, "");
}
