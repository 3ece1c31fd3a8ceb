import { SHARE_ENV, Worker } from "node:worker_threads";
import { fail, fromPlainError } from "../../../base/errors/index.ts";
import type { ReaderAnswers, ReaderAsk, ReaderReply } from "./messages.ts";

/** Runs from src/ under a loader as from dist/. */
const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./entry.ts" : "./entry.js", import.meta.url);

/**
 * A graph is objects that all live as long as it does: in Node's own 16 MB of room for young ones they are copied again and
 * again, which is a third of the time that reading takes.
 */
const YOUNG_MB = 64;

/** A thread that reads models, one at a time. It keeps the program alive only while it has one to read. */
export class ReaderThread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #problem = "";
  isAlive = true;

  constructor(heapMb?: number) {
    // As for the runtime's own threads: what is converted may be evaluated in one of those.
    process.env.ORT_DISABLE_TELEMETRY = "1";
    this.#worker = new Worker(ENTRY, {
      ...(FROM_SOURCE ? {} : { execArgv: [] }),
      env: SHARE_ENV,
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_MB,
        ...(heapMb === undefined ? {} : { maxOldGenerationSizeMb: heapMb }),
      },
      name: "modelyard reader",
    });
    this.#worker.unref();
    this.#worker.on("error", (error) => {
      this.#problem = error instanceof Error ? error.message : String(error);
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        this.isAlive = false;
        resolve();
      });
    });
  }

  /**
   * Reading is given up at once, wherever it is, by ending the thread; converting may be inside the runtime, which an end would
   * take down with it, and goes on behind the refusal.
   * @throws MODEL_READER_DIED, ABORTED, and what reading throws
   */
  async ask<K extends keyof ReaderAnswers>(
    ask: ReaderAsk & { kind: K },
    signal?: AbortSignal,
  ): Promise<ReaderAnswers[K]> {
    const worker = this.#worker;
    worker.ref();
    let onMessage: (reply: ReaderReply) => void = () => {};
    let giveUp = () => {};
    try {
      const reply = await Promise.race([
        new Promise<ReaderReply>((resolve) => {
          onMessage = resolve;
          worker.once("message", onMessage);
          worker.postMessage(ask);
        }),
        this.#ended.then((): never => {
          const problem = this.#problem || "it ended";
          throw fail("MODEL_READER_DIED", { file: ask.path, problem }, { where: ask.path });
        }),
        new Promise<never>((_resolve, reject) => {
          giveUp = () => reject(fail("ABORTED", {}));
          signal?.addEventListener("abort", giveUp);
          if (signal?.aborted) giveUp();
        }),
      ]);
      if ("error" in reply) throw fromPlainError(reply.error);
      return reply.value as ReaderAnswers[K];
    } catch (error) {
      if (signal?.aborted && this.isAlive) {
        this.isAlive = false;
        if (ask.kind === "convert") worker.once("message", () => void this.end());
        else await this.end();
      }
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
      worker.off("message", onMessage);
      worker.unref();
    }
  }

  /** For a thread that has nothing to read. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

let ahead: ReaderThread | null = null;

/** Starts the thread of a reader that is yet to be made. */
export function startReaderAhead(): void {
  ahead ??= new ReaderThread();
}

/** The one that was started ahead, once. */
export function takeReaderAhead(): ReaderThread | null {
  const thread = ahead;
  ahead = null;
  return thread?.isAlive ? thread : null;
}
