import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { Samples } from "./samples.ts";
import type { Subject } from "./subject.ts";

/**
 * How requests come. Closed: each of `concurrency` callers asks again as soon as it has its answer, so a slow subject is asked
 * less. Open: requests come at `rate` a second whatever the answers do, evenly or, as from many callers who know nothing of each
 * other, with exponential gaps (Poisson); a latency counts from when the request should have been sent.
 */
export type Load =
  | { readonly kind: "closed"; readonly concurrency: number }
  | { readonly kind: "open"; readonly rate: number; readonly arrivals: "constant" | "poisson" };

/** What came of a load in a stretch of time. */
export interface Window {
  readonly samples: Samples;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Failures by what they say of themselves. */
  readonly failures: ReadonlyMap<string, Failure>;
  /** Requests of an open load that could not be sent since too many waited. */
  readonly unsent: number;
}

export interface Failure {
  count: number;
  readonly first: unknown;
}

export interface WindowOptions {
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** What a failure is counted as. */
  readonly codeOf: (error: unknown) => string;
}

/** A window has at least so many requests, however slow they are: of fewer nobody can say how they spread. */
const LEAST_REQUESTS = 5;
/** Beyond, an open load has outrun its subject, and memory would fill with requests. */
const MOST_WAITING = 4_096;
/** Timers are a millisecond late or more; nearer than this the loop turns until it is time. */
const TURN_BELOW_MS = 2;

/** @throws what aborts the signal */
export function measureWindow(subject: Subject, load: Load, options: WindowOptions): Promise<Window> {
  return load.kind === "closed"
    ? closed(subject, load.concurrency, options)
    : open(subject, load.rate, load.arrivals, options);
}

async function closed(subject: Subject, concurrency: number, options: WindowOptions): Promise<Window> {
  const record = new Tally(subject, options);
  const end = record.began + options.seconds * 1000;
  let sent = 0;
  const caller = async () => {
    while (performance.now() < end || sent < LEAST_REQUESTS) {
      options.signal.throwIfAborted();
      sent++;
      // A subject that refuses at once would never let a signal through.
      if (!(await record.ask(performance.now()))) await turn();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return record.window(0);
}

async function open(
  subject: Subject,
  rate: number,
  arrivals: "constant" | "poisson",
  options: WindowOptions,
): Promise<Window> {
  const record = new Tally(subject, options);
  const { random, seconds, signal } = options;
  const end = record.began + seconds * 1000;
  const gap = () => (1000 / rate) * (arrivals === "poisson" ? -Math.log(1 - random()) : 1);
  const waiting = new Set<Promise<unknown>>();
  let [sent, unsent] = [0, 0];
  for (let due = record.began + gap(); due < end || sent < LEAST_REQUESTS; due += gap()) {
    for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
      signal.throwIfAborted();
      await (left > TURN_BELOW_MS ? sleep(left - TURN_BELOW_MS, undefined, { signal }) : turn());
    }
    sent++;
    if (waiting.size >= MOST_WAITING) unsent++;
    else {
      const asked: Promise<unknown> = record.ask(due).finally(() => waiting.delete(asked));
      waiting.add(asked);
    }
  }
  await Promise.all(waiting);
  signal.throwIfAborted();
  return record.window(unsent);
}

/** Asks, and writes down what comes of it. */
class Tally {
  readonly began = performance.now();
  readonly #subject: Subject;
  readonly #codeOf: WindowOptions["codeOf"];
  readonly #samples = new Samples();
  readonly #failures = new Map<string, Failure>();

  constructor(subject: Subject, { codeOf }: WindowOptions) {
    this.#subject = subject;
    this.#codeOf = codeOf;
  }

  /**
   * @param from when the request should be sent
   * @returns whether it was answered
   */
  async ask(from: number): Promise<boolean> {
    try {
      await this.#subject.ask();
      this.#samples.add(performance.now() - from);
      return true;
    } catch (error) {
      const code = this.#codeOf(error);
      const failure = this.#failures.get(code);
      if (failure) failure.count++;
      else this.#failures.set(code, { count: 1, first: error });
      return false;
    }
  }

  window(unsent: number): Window {
    const seconds = (performance.now() - this.began) / 1000;
    return { samples: this.#samples, seconds, failures: this.#failures, unsent };
  }
}
