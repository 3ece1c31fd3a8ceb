import { SPARE_THREAD } from "../runtime/host/thread.ts";
import type { Isolation } from "../runtime/worker/messages.ts";
import { startReaderAhead } from "./reader/thread.ts";

/**
 * Starts the threads that the first model of a catalogue will need, while whoever is about to open one still loads the rest of the
 * program: starting them and loading their code takes longer than reading and loading a model does.
 * @param isolation of all models, where it was said
 * @param modules of the codecs that models will be given, by URL
 */
export function startAhead(isolation: Isolation | undefined, modules: readonly string[] = []): void {
  startReaderAhead();
  if (isolation !== "process") SPARE_THREAD.prepare(modules);
}

/** Ends what nobody took. A program that ends while the runtime is only just being loaded in a thread is ended by that with an abort. */
export function endAhead(): Promise<void> {
  return SPARE_THREAD.drop();
}
