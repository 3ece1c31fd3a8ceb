import { fail, type ModelyardError } from "../../../base/errors/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import type { Checked } from "../feeds.ts";
import { sameButRows } from "./rows.ts";

/** A request from the moment it is checked until it is answered. */
export interface Request {
  readonly feeds: Checked;
  /** 0 where the inputs share no leading dimension. */
  readonly rows: number;
  readonly bytes: number;
  readonly outputs: readonly string[];
  readonly take: boolean;
  /** Not to be merged: so asked, or its batch has failed once. */
  alone: boolean;
  /** Answered, failed or given up; an answer that still comes is dropped. */
  settled: boolean;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: ModelyardError) => void;
  /** An instance has it. */
  begun: boolean;
  /** Milliseconds since the epoch. */
  readonly deadline: number | undefined;
  timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
}

/** Requests that go to the model together, and the rows of all. */
export interface Batch {
  readonly requests: readonly Request[];
  readonly rows: number;
}

/**
 * Requests take part in one batch while their values together stay below this: joining them copies on the main
 * thread, at some gigabytes a second, and it must not stop for more than a few milliseconds.
 */
const MAX_BATCH_BYTES = 8 * 2 ** 20;
/** Requests that are looked at to fill one batch, so that a long queue of unlike requests costs little. */
const LOOK_AHEAD = 256;

/** The requests that wait, in the order they came. */
export class Queue {
  readonly #limit: number;
  #waiting: Request[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @throws RUN_QUEUE_FULL */
  push(request: Request): void {
    if (this.#waiting.length >= this.#limit) throw fail("RUN_QUEUE_FULL", { limit: this.#limit });
    this.#waiting.push(request);
  }

  /** Puts requests back, before all others: they have waited longest. The limit does not count for them. */
  putBack(requests: readonly Request[]): void {
    this.#waiting.unshift(...requests);
  }

  remove(request: Request): void {
    const index = this.#waiting.indexOf(request);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Empties the queue. */
  drain(): Request[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  /** The oldest request, with those behind it that may be merged with it, up to `maxRows` rows; null if empty. */
  take(maxRows: number): Batch | null {
    const waiting = this.#waiting;
    const first = waiting[0];
    if (first === undefined) return null;
    if (maxRows <= 1 || waiting.length === 1 || first.alone || first.rows === 0 || first.rows >= maxRows) {
      waiting.shift();
      return { requests: [first], rows: first.rows };
    }
    const requests = [first];
    let { rows, bytes } = first;
    let kept = 0;
    let at = 1;
    for (; at < waiting.length && at < LOOK_AHEAD && rows < maxRows; at++) {
      const other = waiting[at] as Request;
      if (
        !other.alone &&
        other.rows > 0 &&
        rows + other.rows <= maxRows &&
        bytes + other.bytes <= MAX_BATCH_BYTES &&
        sameNames(first.outputs, other.outputs) &&
        sameButRows(first.feeds, other.feeds)
      ) {
        requests.push(other);
        rows += other.rows;
        bytes += other.bytes;
      } else {
        waiting[kept++] = other;
      }
    }
    waiting.splice(kept, at - kept);
    return { requests, rows };
  }
}

/** In one order, too: a batch has one list of outputs. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}
