import { Worker } from "node:worker_threads";
import {
  type Answer,
  type Ask,
  type AskBodies,
  type BodiesAnswer,
  buffersToMove,
  type Loaded,
  type LoadOrder,
} from "../worker/messages.ts";

/** What a link tells its seat. Nothing is told after `onEnd`. */
export interface LinkEvents {
  onLoaded(loaded: Loaded): void;
  onAnswer(answer: Answer | BodiesAnswer): void;
  /** The other side is gone, with what is known of the reason. */
  onEnd(problem: string): void;
}

/** The way to one instance of a model: a thread, a process, or another machine behind the same four verbs. */
export interface Link {
  send(ask: Ask | AskBodies): void;
  /**
   * Ends the other side: a process at once; a thread by itself, after what it is doing, since one that is terminated
   * inside the runtime's native code takes the whole process with it.
   */
  close(): void;
  /** The process that it is; null where it is none of its own. */
  readonly pid: number | null;
  /** Whether the instance keeps the program alive: while something is expected of it. */
  hold(): void;
  release(): void;
}

export type StartLink = (order: LoadOrder, events: LinkEvents) => Link;

/** Runs from src/ under a loader as from dist/. */
const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "../worker/entry.ts" : "../worker/entry.js", import.meta.url);
/** The program's own flags are not for its workers, and some end them (`--input-type`); a loader must be. */
const FLAGS = FROM_SOURCE ? {} : { execArgv: [] };

export function startThread(order: LoadOrder, events: LinkEvents): Link {
  // Read by the runtime's library when it is loaded; inside the worker it would be too late, since a worker's
  // process.env is a copy.
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const worker = new Worker(ENTRY, { ...FLAGS, workerData: order, name: "modelyard model" });
  let problem = "";
  worker.once("message", (loaded: Loaded) => {
    worker.on("message", (answer: Answer | BodiesAnswer) => events.onAnswer(answer));
    events.onLoaded(loaded);
  });
  worker.on("messageerror", (error) => {
    problem = `an answer could not be read (${error.message})`;
    worker.postMessage("close");
  });
  worker.on("error", (error) => {
    problem = error instanceof Error ? error.message : String(error);
  });
  worker.on("exit", (code) => events.onEnd(problem || `it ended with exit code ${code}`));
  return {
    send: (ask) => worker.postMessage(ask, buffersToMove(ask)),
    close: () => {
      worker.ref();
      worker.postMessage("close");
    },
    hold: () => worker.ref(),
    release: () => worker.unref(),
    pid: null,
  };
}
