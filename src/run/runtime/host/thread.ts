import { Worker } from "node:worker_threads";
import {
  type Answer,
  type BodiesAnswer,
  buffersToMove,
  type Loaded,
  type LoadOrder,
} from "../worker/messages.ts";
import { leaveTurn } from "../worker/turns.ts";
import type { Link, LinkEvents } from "./link.ts";
import { SpareRoom, type Started } from "./spares.ts";

/** Runs from src/ under a loader as from dist/. */
const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "../worker/entry.ts" : "../worker/entry.js", import.meta.url);
/** The program's own flags are not for its workers, and some end them (`--input-type`); a loader must be. */
const FLAGS = FROM_SOURCE ? {} : { execArgv: [] };

class Thread implements Started {
  readonly worker: Worker;
  readonly ended: Promise<void>;
  /** Of one that has ended Node does not know it any more. */
  readonly id: number;
  isAlive = true;
  problem = "";

  /** @param modules that it imports before it is asked; null: it is asked at once */
  constructor(modules: readonly string[] | null) {
    // Read by the runtime's library when it is loaded; inside the worker it would be too late, since a worker's
    // process.env is a copy.
    process.env.ORT_DISABLE_TELEMETRY = "1";
    this.worker = new Worker(ENTRY, { ...FLAGS, name: "modelyard model", workerData: { modules } });
    this.id = this.worker.threadId;
    this.worker.on("error", (error) => {
      this.problem = error instanceof Error ? error.message : String(error);
    });
    this.ended = new Promise((resolve) => {
      this.worker.on("exit", (code) => {
        this.isAlive = false;
        this.problem ||= `it ended with exit code ${code}`;
        resolve();
      });
    });
  }

  dismiss(): Promise<void> {
    this.worker.ref();
    this.worker.postMessage("close");
    return this.ended;
  }
}

export const SPARE_THREAD = new SpareRoom((modules) => {
  const thread = new Thread(modules);
  thread.worker.unref();
  return thread;
});

/** An instance in a worker thread. */
export function startThread(order: LoadOrder, events: LinkEvents): Link {
  const thread = SPARE_THREAD.take(order.codec?.module ?? null) ?? new Thread(null);
  const { worker } = thread;
  worker.ref();
  worker.once("message", (loaded: Loaded) => {
    worker.on("message", (answer: Answer | BodiesAnswer) => events.onAnswer(answer));
    events.onLoaded(loaded);
    SPARE_THREAD.refill();
  });
  worker.on("messageerror", (error) => {
    thread.problem = `an answer could not be read (${error.message})`;
    worker.postMessage("close");
  });
  worker.on("exit", () => {
    // The others would wait for it for ever.
    if (order.turns !== null) leaveTurn(order.turns, thread.id);
    events.onEnd(thread.problem, "own");
    SPARE_THREAD.refill();
  });
  worker.postMessage(order);
  const close = () => {
    worker.ref();
    worker.postMessage("close");
  };
  return {
    send: (ask) => worker.postMessage(ask, buffersToMove(ask)),
    close,
    // What it allocated belongs to the program, and cannot be told from what others have.
    leave: close,
    hold: () => worker.ref(),
    release: () => worker.unref(),
    pid: null,
  };
}
