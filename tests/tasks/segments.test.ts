import { describe, expect, test } from "vitest";
import { SegmentFinder, sileroDefaults } from "../../src/run/tasks/voice-activity-detection/segments.ts";
import { taskFile } from "./task.ts";

interface Case {
  probabilities: number[];
  samples: number;
  threshold: number;
  rate: number;
  segments: [number, number][];
}
/** What Silero's own code made of random probabilities: segments.py. */
const cases = JSON.parse(taskFile("segments.json").toString()) as Case[];

describe("segments as Silero's own code finds them", () => {
  test.each(cases.map((each, i) => [i, each] as const))("case %i", (_, each) => {
    const { probabilities, samples, threshold, rate, segments } = each;
    const finder = new SegmentFinder(sileroDefaults(threshold), rate === 16_000 ? 512 : 256, rate);
    for (const probability of probabilities) finder.add(probability);
    const found = finder.finish(samples).map(({ start, end }) => [start, end]);
    expect(found).toHaveLength(segments.length);
    // Python rounds a half to even; both say milliseconds.
    found.flat().forEach((time, i) => {
      expect(Math.abs(time - (segments.flat()[i] as number))).toBeLessThan(0.00101);
    });
  });

  test("the cases have what is to be found", () => {
    const counts = cases.map(({ segments }) => segments.length);
    expect(counts).toContain(0);
    expect(Math.max(...counts)).toBeGreaterThan(2);
  });
});
