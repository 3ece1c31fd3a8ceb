import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Registry } from "prom-client";
import type { ModelId } from "../../../run/pipeline/catalogue.ts";
import { PredictionCounts } from "./predictions.ts";
import { LOOP_RESOLUTION_MS, type MetricSources } from "./sources.ts";

export interface Metrics {
  /** Counts an answer of a known model. Labels come from the catalogue, never from a request. */
  predicted(prediction: { model: ModelId; status: number; durationMs: number }): void;
  /** Counts an error answer by its code in the catalogue of errors. */
  refused(code: string): void;
  /** All metrics in Prometheus' text format, and that format's media type. */
  text(): Promise<{ readonly text: string; readonly contentType: string }>;
  close(): void;
}

/** Counts in plain numbers: Prometheus' library is loaded for whoever asks first. */
export function openMetrics(sources: MetricSources): Metrics {
  const predictions = new PredictionCounts();
  const errors = new Map<string, number>();
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  let registry: Promise<Registry> | null = null;
  return {
    predicted: ({ model, status, durationMs }) => predictions.add(model, status, durationMs),
    refused: (code) => void errors.set(code, (errors.get(code) ?? 0) + 1),
    async text() {
      registry ??= import("./registry.ts").then(({ openRegistry }) =>
        openRegistry(sources, { predictions, errors, loop }),
      );
      const metrics = await registry;
      const text = await metrics.metrics();
      loop.reset();
      return { text, contentType: metrics.contentType };
    },
    close: () => loop.disable(),
  };
}
