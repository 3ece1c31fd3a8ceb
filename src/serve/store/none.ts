import type { Store } from "./store.ts";

/** `--no-log`: nothing is remembered. */
export function noStore(): Store {
  return {
    logPrediction: () => undefined,
    counts: () => ({ written: 0, waiting: 0, dropped: 0 }),
    recordModel: async () => undefined,
    predictions: async () => [],
    models: async () => [],
    flush: async () => undefined,
    close: async () => undefined,
  };
}
