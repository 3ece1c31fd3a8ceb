import { fail, type ModelyardError } from "../../../base/errors/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import type { Exchanged } from "../codec.ts";
import type { Checked } from "../feeds.ts";
import { MAX_BATCH_BYTES, type Mergeable, takeMerged } from "../merge.ts";

/** What all requests have that wait for an answer. */
export interface Pending {
  /** Answered, failed or given up; an answer that still comes is dropped. */
  settled: boolean;
  /** An instance has it. */
  begun: boolean;
  readonly reject: (error: ModelyardError) => void;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since the epoch. */
  readonly deadline: number | undefined;
  /** Whether its signal and deadline are listened for; see Watch. */
  watched: "no" | "soon" | "yes";
  timer: NodeJS.Timeout | undefined;
  onAbort: (() => void) | undefined;
}

/** Tensors for a run, from the moment they are checked until they are answered. */
export interface Request extends Pending, Mergeable {
  readonly feeds: Checked;
  readonly take: boolean;
  alone: boolean;
  readonly resolve: (outputs: Tensors) => void;
}

/** A body in a protocol's bytes, which the instance reads itself. */
export interface BodyRequest extends Pending {
  readonly body: Uint8Array;
  readonly digest: boolean;
  readonly dialect: string;
  readonly resolve: (answer: Exchanged | null) => void;
}

/** Requests that go to the model together, and the rows of all. */
export interface Batch {
  readonly requests: readonly Request[];
  readonly rows: number;
}

/** Bodies that go to an instance together; it merges what can be merged. */
export interface Bodies {
  readonly bodies: readonly BodyRequest[];
}

/** The requests that wait, in the order they came. */
export class Queue {
  readonly #limit: number;
  #waiting: (Request | BodyRequest)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  [Symbol.iterator](): Iterator<Pending> {
    return this.#waiting[Symbol.iterator]();
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @throws RUN_QUEUE_FULL */
  push(request: Request | BodyRequest): void {
    if (this.#waiting.length >= this.#limit) throw fail("RUN_QUEUE_FULL", { limit: this.#limit });
    this.#waiting.push(request);
  }

  /** Puts requests back, before all others: they have waited longest. The limit does not count for them. */
  putBack(requests: readonly (Request | BodyRequest)[]): void {
    this.#waiting.unshift(...requests);
  }

  remove(request: Pending): void {
    const index = this.#waiting.indexOf(request as Request);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Empties the queue. */
  drain(): Pending[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  /**
   * The oldest request, with those behind it that may go with it: tensors of up to `maxRows` rows, or as many bodies.
   * Null if empty.
   */
  take(maxRows: number): Batch | Bodies | null {
    const waiting = this.#waiting;
    const first = waiting[0];
    if (first === undefined) return null;
    if (isBody(first)) return { bodies: this.#takeBodies(Math.max(1, maxRows)) };
    return takeMerged(waiting as Request[], maxRows, (other) => !isBody(other));
  }

  #takeBodies(most: number): BodyRequest[] {
    const waiting = this.#waiting;
    let bytes = 0;
    let count = 0;
    for (; count < most; count++) {
      const next = waiting[count];
      if (next === undefined || !isBody(next)) break;
      bytes += next.body.length;
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
    }
    return waiting.splice(0, count) as BodyRequest[];
  }
}

export function isBody(request: Request | BodyRequest): request is BodyRequest {
  return "body" in request;
}
