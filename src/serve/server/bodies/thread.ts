import { Worker } from "node:worker_threads";
import { fail, fromPlainError } from "../../../base/errors/index.ts";
import type { JsonFor } from "../../../run/pipeline/named.ts";
import type { TaskQuestion } from "../rest/task-input.ts";
import type { PlanSource } from "../wire/plan.ts";
import type { BodyAnswers, BodyAsk, BodyReply, ReadInfer } from "./messages.ts";

/** Runs from src/ under a loader as from dist/. */
const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./entry.ts" : "./entry.js", import.meta.url);

/** From so many bytes on a body is read in a thread of its own: less takes the main thread some milliseconds at most. */
export const LARGE_BODY = 256 * 1024;

type Content<T> = T extends unknown ? Omit<T, "id" | "bytes"> : never;

interface Waiting {
  resolve(value: ReadInfer | TaskQuestion): void;
  reject(error: Error): void;
}

/**
 * Reads JSON bodies that would hold up all others on the main thread, and gives their numbers as typed arrays. Its thread starts
 * with the first of them.
 */
export class BodyThread {
  readonly #heapMb: number | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #asked = 0;

  /** @param heapMb what the thread may take, for tests @default what Node gives */
  constructor(heapMb?: number) {
    this.#heapMb = heapMb;
  }

  /** @throws SERVE_BODY_READER, and as readEnvelope and readQuestion do */
  infer(plan: PlanSource, bytes: Uint8Array): Promise<ReadInfer> {
    const { id, signature, stateful, maxBatch, file, contract } = plan;
    const { states, constants } = contract;
    const serving = file.serving === undefined ? {} : { serving: file.serving };
    const plain = { id, signature, stateful, maxBatch, file: serving, contract: { states, constants } };
    return this.#ask<"infer">({ kind: "infer", plan: plain }, bytes);
  }

  /** @throws SERVE_BODY_READER, and as readTaskJson and inputOfJson do */
  task({ accepts, signature, contract }: JsonFor, bytes: Uint8Array): Promise<TaskQuestion> {
    const { inputs, states, constants } = contract;
    const of = { accepts, signature, contract: { inputs, states, constants } };
    return this.#ask<"task">({ kind: "task", of }, bytes);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask<K extends keyof BodyAnswers>(ask: Content<BodyAsk>, bytes: Uint8Array): Promise<BodyAnswers[K]> {
    // The body itself is still wanted here, for the log.
    const own = new Uint8Array(bytes);
    const id = ++this.#asked;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      worker.postMessage({ ...ask, id, bytes: own }, [own.buffer]);
    });
  }

  #start(): Worker {
    const worker = new Worker(ENTRY, {
      ...(FROM_SOURCE ? {} : { execArgv: [] }),
      resourceLimits: this.#heapMb === undefined ? {} : { maxOldGenerationSizeMb: this.#heapMb },
      name: "modelyard bodies",
    });
    worker.unref();
    let problem = "";
    worker.on("message", (reply: BodyReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ("error" in reply) waiting?.reject(fromPlainError(reply.error));
      else waiting?.resolve(reply.value);
    });
    worker.on("error", (error) => {
      problem = error instanceof Error ? error.message : String(error);
    });
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = null;
      // All that wait were given to this thread: a further one starts with the next body.
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of lost) reject(fail("SERVE_BODY_READER", { problem: problem || "it ended" }));
    });
    return worker;
  }
}
