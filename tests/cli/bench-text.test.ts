// What `modelyard bench` says beside its table.
import { expect, test } from "vitest";
import { benchNotes } from "../../src/cli/bench-text.ts";

test.for([
  // 45 arrivals in a second where 50 are meant are no rare chance; half of them are, and so are even gaps that are too few.
  ["poisson", 44.5, 40, false],
  ["poisson", 25, 100, true],
  ["poisson", 45, 40_000, true],
  ["constant", 44.5, 40, true],
  ["constant", 49, 40, false],
] as const)(
  "of %s arrivals at 50 a second, %f answered, of %i",
  ([arrivals, throughput, answered, piles]) => {
    const row = {
      load: { kind: "open", rate: 50, arrivals },
      throughput,
      answered,
      latency: null,
      failed: {},
      unsent: 0,
      windows: 3,
      stable: true,
      cpuSeconds: null,
      residentBytes: null,
    } as const;
    const notes = benchNotes({ name: "m", place: "here", processors: 1, rows: [row] }, 80);
    expect(notes.some((note) => note.includes("pile up"))).toBe(piles);
  },
);
