import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { watchMemory } from "./memory.ts";
import type { Answered, Call, Loaded, Start } from "./worker/messages.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./worker/entry.ts" : "./worker/entry.js", import.meta.url);
const FLAGS = FROM_SOURCE ? {} : { execArgv: [] };
/** How a thread came to its end without being asked for it. */
export interface End {
  readonly reason: "memory" | "exit" | "crash";
  readonly problem: string;
  /** Of what it threw where nobody catches. */
  readonly stack?: string;
}

/** Node's, of a program that waits at its top for what never comes. */
const UNSETTLED = 13;

/** A thread that has loaded, or is loading, one module. It does one call at a time. */
export class ModuleThread {
  readonly #worker: Worker;
  readonly loaded: Promise<Loaded | End>;
  #waiting: ((answer: Answered | End) => void) | null = null;
  #calls = 0;
  #end: End | null = null;
  /** Bytes that it held when it last told. */
  #held = 0;
  readonly #limitMib: number;
  #onOver: () => void = () => {};

  /** @param limitMib that it may hold: of JavaScript's heap, and with buffers beside it */
  constructor(file: string, fixed: Start["fixed"], onPrint: (text: string) => void, limitMib: number) {
    this.#limitMib = limitMib;
    const start: Start = { url: pathToFileURL(file).href, fixed };
    const worker = new Worker(ENTRY, {
      ...FLAGS,
      name: "modelyard module",
      workerData: start,
      resourceLimits: { maxOldGenerationSizeMb: limitMib },
      // What a module prints must not get between a program's answers.
      stdout: true,
      stderr: true,
    });
    this.#worker = worker;
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", onPrint);
    }
    this.loaded = new Promise((resolve) => {
      let isLoaded = false;
      const unwatch = this.#watch();
      worker.on("message", (message: Loaded | Answered) => {
        if (isLoaded) return this.#settle(message as Answered);
        isLoaded = true;
        unwatch();
        resolve(message as Loaded);
      });
      const end = (how: End) => {
        // Nobody is answered with it any more.
        if (this.#end === null && isLoaded && this.#waiting === null && how.reason === "crash")
          onPrint(`its thread ended after it had answered: ${how.stack ?? how.problem}`);
        this.#end ??= how;
        unwatch();
        resolve(this.#end);
        this.#settle(this.#end);
      };
      this.#onOver = () => {
        end({ reason: "memory", problem: "" });
        void worker.terminate();
      };
      worker.on("error", (error: Error & { code?: string }) => {
        const reason = error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "crash";
        const { message = String(error), stack } = error;
        end({ reason, problem: message, ...(stack === undefined ? {} : { stack }) });
      });
      worker.on("messageerror", (error) => end({ reason: "crash", problem: error.message }));
      worker.on("exit", (code) => {
        const waits = !isLoaded && code === UNSETTLED;
        const problem = waits
          ? "it waits at its top for what never comes"
          : `it ended with exit code ${code}`;
        end({ reason: "exit", problem });
      });
    });
    worker.unref();
  }

  get isAlive(): boolean {
    return this.#end === null;
  }

  call(name: string, input: unknown, context: Call["context"]): Promise<Answered | End> {
    if (this.#end) return Promise.resolve(this.#end);
    const worker = this.#worker;
    worker.ref();
    return new Promise((resolve, reject) => {
      const unwatch = this.#watch();
      this.#waiting = (answer) => {
        unwatch();
        worker.unref();
        resolve(answer);
      };
      try {
        worker.postMessage({ id: ++this.#calls, name, input, context } satisfies Call);
      } catch (error) {
        this.#waiting = null;
        unwatch();
        worker.unref();
        reject(error);
      }
    });
  }

  async stop(): Promise<void> {
    this.#end ??= { reason: "exit", problem: "it was ended" };
    // Whoever waited was told otherwise.
    this.#settle(this.#end);
    await this.#worker.terminate();
  }

  #watch(): () => void {
    const limit = this.#limitMib * 2 ** 20;
    return watchMemory(this.#worker, this.#held, limit, () => this.#onOver());
  }

  #settle(answer: Answered | End): void {
    // The answer to a call that was given up belongs to nobody.
    if ("id" in answer && answer.id !== this.#calls) return;
    if ("held" in answer) this.#held = answer.held;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }
}
