// When a host opens and closes narrow instances, by a clock that the test holds.
import { describe, expect, test } from "vitest";
import {
  areFew,
  newCrowd,
  observe,
  QUIET_MS,
  untilQuiet,
  whyTooLarge,
} from "../../src/run/runtime/host/crowd.ts";

/** At each time so many requests; the times at which more instances were called for. */
function callsFor(processors: number, course: [at: number, requests: number][]): number[] {
  const crowd = newCrowd(0);
  return course.filter(([at, requests]) => observe(crowd, requests, processors, at)).map(([at]) => at);
}

describe("more instances are called for", () => {
  test("when requests have queued for most of a second", () => {
    expect(
      callsFor(2, [
        [0, 1],
        [10, 2],
        [20, 5],
        [900, 4],
        [1000, 2],
        [1001, 2],
      ]),
    ).toEqual([1000]);
  });

  test("when few but long runs fill that time", () => {
    expect(
      callsFor(4, [
        [0, 3],
        [5, 4],
        [90_000, 3],
      ]),
    ).toEqual([90_000]);
  });

  test("not by requests that come one after the other, however fast", () => {
    const course = Array.from({ length: 5000 }, (_, i): [number, number] => [i, (i + 1) % 2]);
    expect(callsFor(2, course)).toEqual([]);
  });

  test("not by a burst that is over soon, nor by several with pauses between them", () => {
    expect(
      callsFor(2, [
        [0, 50],
        [600, 0],
        [1300, 50],
        [1900, 0],
        [2600, 1],
      ]),
    ).toEqual([]);
  });

  test("not by what was before a long pause", () => {
    expect(
      callsFor(2, [
        [0, 8],
        [500, 0],
        [60_000, 8],
        [60_400, 8],
      ]),
    ).toEqual([]);
  });

  test("not while processors are left over", () => {
    expect(
      callsFor(8, [
        [0, 7],
        [1000, 7],
        [2000, 6],
      ]),
    ).toEqual([]);
  });
});

test("few requests are those for which half of the processors would do, and one is always few", () => {
  const most = [1, 2, 3, 4, 8, 64].map((processors) => {
    let requests = 0;
    while (areFew(requests + 1, processors)) requests++;
    return requests;
  });
  expect(most).toEqual([1, 1, 1, 2, 4, 32]);
});

test("it is quiet a minute after there were last more than a few", () => {
  const crowd = newCrowd(0);
  observe(crowd, 2, 2, 5);
  expect(untilQuiet(crowd, 2, 100_000)).toBe(QUIET_MS);
  observe(crowd, 1, 2, 100_000);
  expect(untilQuiet(crowd, 2, 100_000)).toBe(QUIET_MS);
  observe(crowd, 0, 2, 110_000);
  observe(crowd, 1, 2, 120_000);
  expect(untilQuiet(crowd, 2, 120_000)).toBe(QUIET_MS - 20_000);
  expect(untilQuiet(crowd, 2, 100_000 + QUIET_MS)).toBe(0);
});

test("copies may take half of the free memory", () => {
  expect(whyTooLarge(2, 50e6, 200e6)).toBeNull();
  expect(whyTooLarge(2, 50e6 + 1, 200e6)).toMatch(/2 copies of up to 51 MB .* 200 MB/);
  expect(whyTooLarge(64, 2e9, 0)).not.toBeNull();
});
