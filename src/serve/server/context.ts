import type { Catalogue } from "../../run/pipeline/catalogue.ts";
import type { Store } from "../store/store.ts";
import type { Guesses } from "./access/guesses.ts";
import type { KeyRing } from "./access/ring.ts";
import type { FrameOrder } from "./bodies/order.ts";
import type { BodyThread } from "./bodies/thread.ts";
import type { Limits } from "./limits.ts";
import type { ServerLog } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { PredictionLog } from "./prediction-log.ts";
import type { BodyBudget } from "./rest/body.ts";
import type { SequenceTable } from "./sequences.ts";

/** What the routes share. */
export interface ServerContext {
  readonly catalogue: Catalogue;
  /** null with --no-log. */
  readonly store: Store | null;
  readonly log: ServerLog;
  readonly limits: Limits;
  readonly budget: BodyBudget;
  readonly metrics: Metrics;
  readonly predictions: PredictionLog;
  readonly sequences: SequenceTable;
  /** Where large bodies are read that the model's own thread does not read. */
  readonly bodies: BodyThread;
  readonly frames: FrameOrder;
  readonly keys: KeyRing;
  readonly guesses: Guesses;
  /** From the moment of close() on: readiness is off and predictions are refused. */
  draining: boolean;
  /** Predictions that are not answered yet. */
  running: number;
  /** Called when `running` falls to zero while draining. */
  idle: (() => void) | null;
}
