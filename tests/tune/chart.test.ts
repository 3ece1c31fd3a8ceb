import { expect, test } from "vitest";
import { type Chart, drawChart } from "../../src/run/tune/plot/chart.ts";

const chart = (points: Chart["series"][number]["points"], more: Partial<Chart> = {}): Chart => ({
  title: "title",
  subtitle: "subtitle",
  x: { label: "x", scale: "linear" },
  y: { label: "y", scale: "log" },
  series: [{ name: "s", points, joined: true }],
  ...more,
});

const circles = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as const,
  );

test("points lie where their values say: on a logarithmic axis a factor is a distance", () => {
  const places = circles(drawChart(chart([1, 10, 100].map((y, i) => ({ x: 5 * i, y })))));
  const [a, b, c] = places as [(typeof places)[0], (typeof places)[0], (typeof places)[0]];
  expect(b[1] - a[1]).toBeCloseTo(c[1] - b[1], 0);
  expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 0);
  expect(c[1]).toBeLessThan(a[1]);
  expect(c[0]).toBeGreaterThan(a[0]);
});

test("what has no place is left out, and an empty chart is a chart", () => {
  const points = [Number.NaN, Number.POSITIVE_INFINITY, 0, -1].map((y) => ({ x: 1, y }));
  expect(circles(drawChart(chart([...points, { x: 1, y: 3 }])))).toHaveLength(1);
  for (const svg of [drawChart(chart(points)), drawChart(chart([]))]) {
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toMatch(/<\/svg>$/);
  }
});

test("names that are markup stay names", () => {
  const name = `<script>"&'\u0000`;
  const svg = drawChart(chart([{ x: 1, y: 1, label: name }], { title: name, subtitle: name }));
  expect(svg).not.toContain("<script");
  expect(svg).not.toContain("\u0000");
  expect(svg).toContain("&lt;script&gt;&quot;&amp;&#39;");
});
