import { Worker } from "node:worker_threads";
import { fail, fromPlainError } from "../../base/errors/index.ts";
import type { Ask, Reply, StoreOrder } from "./messages.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The main thread's end of the store's worker: questions and their answers. */
export class Link {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  #gone: Error | null = null;

  private constructor(order: StoreOrder) {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: order,
      // The flags of this process (--input-type, --inspect, a loader) are not the store's.
      execArgv: [],
      name: "modelyard store",
    });
    this.#worker.on("message", (reply: Reply) => {
      const waiting = this.#waiting.get(reply.number);
      this.#waiting.delete(reply.number);
      if ("error" in reply) waiting?.reject(fromPlainError(reply.error));
      else waiting?.resolve(reply.value);
    });
    this.#worker.on("error", (cause) =>
      this.#end(fail("STORE_FAILED", { problem: cause.message }, { cause })),
    );
    this.#worker.on("exit", () => this.#end(fail("STORE_CLOSED", {})));
  }

  /** Starts the worker. @throws what openDatabase throws */
  static async open(order: StoreOrder): Promise<Link> {
    const link = new Link(order);
    try {
      await link.#wait(0);
      return link;
    } catch (error) {
      await link.#worker.terminate();
      throw error;
    }
  }

  /** @throws STORE_FAILED, STORE_CLOSED */
  ask<T>(ask: Ask): Promise<T> {
    if (this.#gone) return Promise.reject(this.#gone);
    const number = ++this.#number;
    const answered = this.#wait(number);
    this.#worker.postMessage({ number, ask });
    return answered as Promise<T>;
  }

  /** Answers what was asked before, then ends the thread. */
  async close(): Promise<void> {
    if (this.#gone) return;
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    await this.ask({ kind: "close" });
    await ended;
  }

  #wait(number: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
  }

  #end(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}
