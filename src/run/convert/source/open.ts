import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { fail } from "../../../base/errors/index.ts";
import type { Tensor } from "../../../model/tensor/tensor.ts";
import type { InstalledPackage } from "./find.ts";
import type { SourceAsk, SourceOrder, SourceSaid } from "./messages.ts";
import type { SourceRuntime } from "./table.ts";

/** A model in its own format's runtime, in a thread of its own. */
export interface OpenedSource {
  /** One question at a time. @throws ABORTED */
  run(inputs: readonly Tensor[]): Promise<SourceSaid>;
  close(): Promise<void>;
}

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./worker.ts" : "./worker.js", import.meta.url);
const FLAGS = FROM_SOURCE ? {} : { execArgv: [] };

/**
 * @param file which is given away
 * @returns what the package or the runtime says against it, where it does
 * @throws ABORTED
 */
export async function openSourceModel(
  { adapter }: SourceRuntime,
  { folder }: InstalledPackage,
  file: Uint8Array,
  kernels: number,
  signal?: AbortSignal,
): Promise<OpenedSource | { refusal: string }> {
  const order: SourceOrder = { adapter: adapter.href, folder, file, kernels };
  const worker = new Worker(ENTRY, {
    ...FLAGS,
    workerData: order,
    transferList: [file.buffer as ArrayBuffer],
    name: "modelyard source",
    // Runtimes chatter; what matters of it the adapter says.
    stdout: true,
    stderr: true,
  });
  // Whoever waits is told of it by nextOf; when nobody waits it ends nothing.
  worker.on("error", () => {});
  const close = async () => {
    await worker.terminate();
  };
  const next = () => nextOf(worker, signal);
  const opened = await next().catch(async (error) => {
    await close();
    throw error;
  });
  if ("refusal" in opened) {
    await close();
    return opened;
  }
  return {
    run(inputs) {
      const ask: SourceAsk = inputs;
      worker.postMessage(ask);
      return next();
    },
    close,
  };
}

/** What the thread says next; that it died is said against the model. */
async function nextOf(worker: Worker, signal?: AbortSignal): Promise<SourceSaid> {
  if (signal?.aborted) throw fail("ABORTED", {});
  const done = new AbortController();
  const stop = () => done.abort();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const options = { signal: done.signal };
    const [said] = await Promise.race([
      once(worker, "message", options),
      // An error that nobody caught is an "error" event, with which once() rejects.
      once(worker, "exit", options).then(([code]) => [
        { refusal: `its thread ended with exit code ${code}` },
      ]),
    ]);
    return said as SourceSaid;
  } catch (error) {
    if (signal?.aborted) throw fail("ABORTED", {});
    return { refusal: error instanceof Error ? error.message : String(error) };
  } finally {
    signal?.removeEventListener("abort", stop);
    done.abort();
  }
}
