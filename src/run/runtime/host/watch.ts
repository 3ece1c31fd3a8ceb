import { fail, type ModelyardError } from "../../../base/errors/index.ts";
import type { Pending } from "./queue.ts";

/**
 * A caller who gives up within this time is heard at its end. Most requests are answered sooner: listening on the signal
 * of each, and a timer for each deadline, would cost more than all the rest that is done for a small model.
 */
const GRACE_MS = 20;
/** setTimeout's largest delay, 24.8 days; a deadline beyond needs no timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Listens for callers who give up and deadlines that pass, on behalf of requests that are not answered at once. */
export class Watch {
  readonly #giveUp: (request: Pending, error: ModelyardError) => void;
  #fresh: Pending[] = [];

  constructor(giveUp: (request: Pending, error: ModelyardError) => void) {
    this.#giveUp = giveUp;
  }

  add(request: Pending): void {
    const { signal, deadline } = request;
    if (deadline !== undefined && deadline - Date.now() < 2 * GRACE_MS) this.#listen(request);
    else if ((signal !== undefined || deadline !== undefined) && this.#fresh.push(request) === 1) {
      setTimeout(() => this.#look(), GRACE_MS);
    }
  }

  #look(): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const request of fresh) if (!request.settled) this.#listen(request);
  }

  #listen(request: Pending): void {
    const { signal, deadline } = request;
    if (signal?.aborted) {
      this.#giveUp(request, fail("ABORTED", {}));
      return;
    }
    if (signal !== undefined) {
      request.onAbort = () => this.#giveUp(request, fail("ABORTED", {}));
      signal.addEventListener("abort", request.onAbort, { once: true });
    }
    // A run that has begun is answered, deadline or not.
    if (deadline === undefined || request.begun) return;
    const wait = deadline - Date.now();
    if (wait <= MAX_TIMER_MS) {
      request.timer = setTimeout(() => this.#giveUp(request, fail("RUN_DEADLINE", {})), wait);
    }
  }
}

/** Ends what `add` began. */
export function forget(request: Pending): void {
  clearTimeout(request.timer);
  request.timer = undefined;
  if (request.onAbort !== undefined) request.signal?.removeEventListener("abort", request.onAbort);
}
