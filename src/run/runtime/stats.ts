import type { SessionStats } from "./session.ts";

/** What is counted over all sessions that stood in one place. */
export type Counts = Pick<
  SessionStats,
  "waiting" | "running" | "answered" | "failed" | "runs" | "restarts" | "merged"
>;

/** Of a session that has nothing loaded and was never asked. */
export const NO_STATS: SessionStats = {
  ready: 0,
  instances: 0,
  narrow: 0,
  narrowRefused: null,
  waiting: 0,
  running: 0,
  answered: 0,
  failed: 0,
  runs: 0,
  merged: [0],
  restarts: 0,
  processes: [],
  threads: 0,
  device: "",
  placement: null,
};

/** Counts of both; where it stands is what the first says. */
export function sumStats(sum: SessionStats, other: Counts): SessionStats {
  const longest = Math.max(sum.merged.length, other.merged.length);
  return {
    ...sum,
    waiting: sum.waiting + other.waiting,
    running: sum.running + other.running,
    answered: sum.answered + other.answered,
    failed: sum.failed + other.failed,
    runs: sum.runs + other.runs,
    restarts: sum.restarts + other.restarts,
    merged: Array.from({ length: longest }, (_, i) => (sum.merged[i] ?? 0) + (other.merged[i] ?? 0)),
  };
}
