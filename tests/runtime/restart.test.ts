import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Death, Restarts } from "../../src/run/runtime/host/restart.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** One that dies as often as it is told, and how long each start has been waited for. */
function patient() {
  let starts = 0;
  const restarts = new Restarts(() => void starts++);
  /** Milliseconds until it is started; null: not within a minute. */
  const untilStart = (): number | null => {
    const before = starts;
    for (let waited = 0; waited <= 60_000; waited += 50) {
      if (starts > before) return waited;
      vi.advanceTimersByTime(50);
    }
    return null;
  };
  const die = (how: Death, wanted = false): number | null => {
    const before = starts;
    restarts.died(how);
    if (starts > before) return 0;
    if (wanted) restarts.wanted();
    return untilStart();
  };
  return { restarts, die, untilStart, starts: () => starts };
}

describe("what dies", () => {
  test("by itself is started at once, then ever later, whoever asks", () => {
    const { restarts, die } = patient();
    const pauses = Array.from({ length: 10 }, () => die("own", true));
    expect(pauses).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    restarts.answered();
    expect(die("own")).toBe(0);
  });

  test("by a kill is started for the sake of a request within a fifth of a second, however often", () => {
    const { die } = patient();
    const pauses = Array.from({ length: 100 }, () => die("killed", true));
    expect(pauses[0]).toBe(0);
    expect(pauses.slice(1).every((pause) => pause !== null && pause > 0 && pause <= 200)).toBe(true);
  });

  test("by a kill, and that nobody asks, is started ever later too", () => {
    const { die } = patient();
    expect(Array.from({ length: 5 }, () => die("killed"))).toEqual([0, 100, 200, 400, 800]);
  });

  test("and pauses is started by the first request that comes, once", () => {
    const { restarts, starts, die } = patient();
    for (let deaths = 0; deaths < 8; deaths++) die("killed", true);
    restarts.died("killed");
    vi.advanceTimersByTime(1000);
    expect(starts()).toBe(8);
    restarts.wanted();
    restarts.wanted();
    expect(starts()).toBe(9);
    vi.advanceTimersByTime(60_000);
    expect(starts()).toBe(9);
  });

  test("is worth waiting for where it was killed, and not where it fails by itself", () => {
    const { restarts, die, untilStart } = patient();
    die("own");
    restarts.died("own");
    expect(restarts.isLong).toBe(true);
    untilStart();
    expect(restarts.isLong).toBe(false);
    restarts.died("killed");
    expect(restarts.isLong).toBe(false);
  });

  test("is not started once it is closed", () => {
    const { restarts, die, starts } = patient();
    die("own");
    restarts.died("own");
    restarts.close();
    restarts.wanted();
    vi.advanceTimersByTime(60_000);
    expect(starts()).toBe(1);
  });
});
