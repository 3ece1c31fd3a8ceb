import { Worker } from "node:worker_threads";
import { fail, fromPlainError, type ModelyardError } from "../../base/errors/index.ts";
import type { Tensors } from "../../model/tensor/tensor.ts";
import { CPU } from "./providers/cpu.ts";
import type { Evaluated, Evaluation } from "./worker/messages.ts";

/** Answers of models that are run only once, such as parts of a graph that depend on no input. */
export interface Evaluator extends AsyncDisposable {
  /**
   * @param bytes of a whole ONNX model, with its weights
   * @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED, RUN_INPUT_*, RUN_FAILED, RUN_MEMORY, RUN_WORKER_DIED, RUN_CLOSED, ABORTED
   */
  evaluate(bytes: Uint8Array, feeds: Tensors, signal?: AbortSignal): Promise<Tensors>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(outputs: Tensors): void;
  reject(error: ModelyardError): void;
}

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./worker/evaluate.ts" : "./worker/evaluate.js", import.meta.url);
const FLAGS = FROM_SOURCE ? {} : { execArgv: [] };

/**
 * One thread that loads a model, runs it and gives it back, again and again: starting a thread and the runtime in it
 * takes a hundred times as long as running a small model. It starts with the first evaluation.
 */
export function openEvaluator(): Evaluator {
  // Each node runs once, so that optimising the graph first would only add work.
  const runtime = CPU.runtimeOptions({ threads: 1, optimized: false });
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let closing: Promise<void> | null = null;
  let ended: () => void = () => {};
  let nextId = 1;

  function start(): Worker {
    // Read by the runtime's library when it is loaded; a worker's process.env is a copy.
    process.env.ORT_DISABLE_TELEMETRY = "1";
    const started = new Worker(ENTRY, { ...FLAGS, name: "modelyard evaluator" });
    let problem = "";
    started.on("message", ({ id, error, outputs }: Evaluated) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0 && !closing) started.unref();
      if (error === null) asked?.resolve(outputs);
      else asked?.reject(fromPlainError(error));
    });
    started.on("error", (error) => {
      problem = error instanceof Error ? error.message : String(error);
    });
    started.on("exit", (code) => {
      worker = null;
      const error = fail("RUN_WORKER_DIED", {
        place: "thread",
        problem: problem || `it ended with exit code ${code}`,
      });
      for (const asked of waiting.values()) asked.reject(error);
      waiting.clear();
      ended();
    });
    return started;
  }

  async function evaluate(bytes: Uint8Array, feeds: Tensors, signal?: AbortSignal): Promise<Tensors> {
    if (closing) throw fail("RUN_CLOSED", {});
    if (signal?.aborted) throw fail("ABORTED", {});
    worker ??= start();
    const id = nextId++;
    const ask: Evaluation = { id, bytes, feeds, runtime };
    worker.ref();
    worker.postMessage(ask);
    let stop: (() => void) | undefined;
    try {
      return await new Promise<Tensors>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        // What the runtime has begun it finishes; nobody waits for it then.
        stop = () => reject(fail("ABORTED", {}));
        signal?.addEventListener("abort", stop, { once: true });
      });
    } finally {
      if (stop) signal?.removeEventListener("abort", stop);
    }
  }

  function close(): Promise<void> {
    closing ??= new Promise((resolve) => {
      ended = resolve;
      if (worker) {
        worker.ref();
        worker.postMessage("close");
      } else resolve();
    });
    return closing;
  }

  return { evaluate, close, [Symbol.asyncDispose]: close };
}
