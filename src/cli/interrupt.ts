import { fail } from "../base/errors/index.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs work that leaves nothing half done: at Ctrl-C it is told to stop, and may tidy up; then the program ends by the same
 * signal, as a shell expects.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let caught: (typeof SIGNALS)[number] | null = null;
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      caught = name;
      controller.abort(fail("ABORTED", {}));
    };
    process.once(name, listener);
    return [name, listener] as const;
  });
  try {
    return await work(controller.signal);
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener);
    if (caught !== null) process.kill(process.pid, caught);
  }
}
