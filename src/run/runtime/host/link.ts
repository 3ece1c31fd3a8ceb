import type { Answer, Ask, AskBodies, BodiesAnswer, Loaded, LoadOrder } from "../worker/messages.ts";
import type { Death } from "./restart.ts";

/** What a link tells its seat. Nothing is told after `onEnd`. */
export interface LinkEvents {
  onLoaded(loaded: Loaded): void;
  onAnswer(answer: Answer | BodiesAnswer): void;
  /** The other side is gone, with what is known of the reason. */
  onEnd(problem: string, death: Death): void;
}

/** The way to one instance of a model: a thread, a process, or another machine behind the same verbs. */
export interface Link {
  send(ask: Ask | AskBodies): void;
  /**
   * Ends the other side: a process at once; a thread by itself, after what it is doing, since one that is terminated
   * inside the runtime's native code takes the whole process with it.
   */
  close(): void;
  /**
   * Lets go of the model, which must have been loaded and have nothing to do. A process may serve another session next; for this one it
   * is gone, as after `close`.
   */
  leave(): void;
  /** The process that it is; null where it is none of its own. */
  readonly pid: number | null;
  /** Whether the instance keeps the program alive: while something is expected of it. */
  hold(): void;
  release(): void;
}

export type StartLink = (order: LoadOrder, events: LinkEvents) => Link;
