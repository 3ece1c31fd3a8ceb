import type { IntervalHistogram } from "node:perf_hooks";
import type { Catalogue } from "../../../run/pipeline/catalogue.ts";
import type { Store } from "../../store/store.ts";
import type { PredictionCounts } from "./predictions.ts";

/** Milliseconds between two looks of the event-loop monitor: finer than the 20 ms that matter, cheap enough to stay on. */
export const LOOP_RESOLUTION_MS = 10;

/** What metrics are read from when somebody asks. */
export interface MetricSources {
  readonly catalogue: Catalogue;
  readonly store: Store | null;
  sequences(): number;
  held(): number;
}

/** What was counted until somebody asks. */
export interface Counted {
  readonly predictions: PredictionCounts;
  /** By code. */
  readonly errors: ReadonlyMap<string, number>;
  readonly loop: IntervalHistogram;
}
