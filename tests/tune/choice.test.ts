import { expect, test } from "vitest";
import { choose } from "../../src/run/tune/choice/choose.ts";
import { frontOf } from "../../src/run/tune/choice/front.ts";
import type { Figures, TuneRow } from "../../src/run/tune/choice/row.ts";
import { nameOf, variantsOf } from "../../src/run/tune/variant/variant.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";

const next = random(SEED);
const below = (limit: number) => Math.floor(next() * limit);

function draw(i: number): TuneRow {
  const figures: Figures = {
    latency: 1 + below(4),
    p99: 9,
    throughput: 1 + below(4),
    memory: 1 + below(4),
    size: 1 + below(4),
    load: 1 + below(4),
    error: below(4) / 10,
    stable: true,
  };
  const variant = { precision: "original", compiled: false, instances: 1, threads: 1, batch: null } as const;
  const isFailed = below(8) === 0;
  return {
    name: `v${i}`,
    variant,
    figures: isFailed ? null : figures,
    place: null,
    failed: isFailed ? { code: "TUNE_DIED", message: "" } : null,
  };
}

test("the front is those that nothing beats, and everything else is beaten by one of them", () => {
  const losses = ({ latency, throughput, memory, size, error }: Figures) => [
    latency,
    -throughput,
    memory,
    size,
    error,
  ];
  for (let round = 0; round < 200; round++) {
    const rows = Array.from({ length: 1 + below(12) }, (_, i) => draw(i));
    const front = frontOf(rows);
    for (const row of rows) {
      if (!row.figures) {
        expect(front.has(row)).toBe(false);
        continue;
      }
      const mine = losses(row.figures);
      const beaten = [...front].some((other) => {
        const theirs = losses(other.figures as Figures);
        return theirs.every((loss, i) => loss <= (mine[i] as number)) && theirs.join() !== mine.join();
      });
      expect(front.has(row), `round ${round}, ${row.name}`).toBe(!beaten);
    }
  }
});

test("the choice keeps to every limit and nothing that does is better; else the nearest is told with all that it misses", () => {
  let [chosen, missed] = [0, 0];
  for (let round = 0; round < 300; round++) {
    const rows = Array.from({ length: 1 + below(8) }, (_, i) => draw(i));
    const limits = { error: below(3) / 10, memory: 1 + below(4), throughput: 1 + below(3) };
    const keeps = ({ error, memory, throughput }: Figures) =>
      error <= limits.error && memory <= limits.memory && throughput >= limits.throughput;
    const able = rows.flatMap(({ figures }) => (figures && keeps(figures) ? [figures] : []));
    const choice = choose(rows, limits, "latency");
    if (able.length > 0) {
      chosen++;
      expect(choice.chosen?.figures?.latency).toBe(Math.min(...able.map(({ latency }) => latency)));
      expect(keeps(choice.chosen?.figures as Figures)).toBe(true);
      continue;
    }
    expect(choice.chosen).toBeNull();
    if (rows.every(({ figures }) => figures === null)) expect(choice.nearest).toBeNull();
    else {
      missed++;
      expect(choice.nearest?.misses.length).toBeGreaterThan(0);
      for (const { figure, is, limit } of choice.nearest?.misses ?? []) {
        expect(figure === "throughput" ? is < limit : is > limit).toBe(true);
      }
    }
  }
  expect(Math.min(chosen, missed)).toBeGreaterThan(20);
});

test("the grid is every combination, under names that differ", () => {
  const variants = variantsOf({
    precisions: ["original", "int8"],
    compiled: [false, true],
    instances: [1, 2],
    threads: [1, 4],
    batches: [null, 0, 8],
  });
  expect(variants).toHaveLength(48);
  expect(new Set(variants.map(nameOf)).size).toBe(48);
});
