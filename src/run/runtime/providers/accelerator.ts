import type { RuntimeOptions } from "../worker/messages.ts";
import { EXACT_SUMS } from "./exact-sums.ts";
import { LOG_FATAL } from "./log.ts";

/** Nodes that the provider does not know run on the processor, which the runtime adds by itself. */
export function acceleratorOptions(
  provider: Readonly<Record<string, unknown>>,
): (request: { optimized: boolean }) => RuntimeOptions {
  return ({ optimized }) => ({
    executionProviders: [provider],
    graphOptimizationLevel: optimized ? "all" : "disabled",
    executionMode: "sequential",
    extra: { session: EXACT_SUMS },
    logSeverityLevel: LOG_FATAL,
  });
}
