import { constants } from "node:os";
import { endProcesses } from "../run/runtime/host/process.ts";

/** Signals by which a service is asked to end. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
export type EndSignal = (typeof SIGNALS)[number];

/** Resolves with the first signal that asks the process to end. A second one ends it at once, as the system does. */
export function asked(): Promise<EndSignal> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve(signal));
  });
}

/**
 * Ends the process after a while, unless it ends by itself before. A thread that is inside the runtime's native code (a
 * model that loads, a run without end) cannot be stopped. process.exit waits for it, and then crashes in the runtime's
 * binding (seen with onnxruntime-node 1.30.0, exit code 134): only the signal itself, with the system's own meaning,
 * does not.
 * @param ms until then; where nothing else is left to do, it keeps nothing alive
 */
export function endBy(signal: EndSignal, ms: number, before: () => void = () => undefined): void {
  setTimeout(() => {
    before();
    // One that computes does not notice that its server is gone.
    endProcesses();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // To the first process of a container the system's own meaning does not apply: better a crash at the end than none.
    if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  }, ms).unref();
}
