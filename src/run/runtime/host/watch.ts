import { fail, type ModelyardError } from "../../../base/errors/index.ts";
import type { Pending } from "./queue.ts";

/**
 * A caller who gives up within this time is heard a little later. Most requests are answered sooner: listening on the
 * signal of each, and a timer for each deadline, would cost more than all the rest that is done for a small model.
 */
const GRACE_MS = 10;
/** setTimeout's largest delay, 24.8 days; a deadline beyond needs no timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Listens for callers who give up and deadlines that pass, on behalf of requests that are not answered at once. It looks
 * through what is pending now and then, and keeps no request itself: an answered one is free at once.
 */
export class Watch {
  readonly #pending: () => Iterable<Pending>;
  readonly #giveUp: (request: Pending, error: ModelyardError) => void;
  readonly #endsRuns: boolean;
  #armed = false;

  /** @param endsRuns whether deadlines hold for runs that have begun too */
  constructor(
    pending: () => Iterable<Pending>,
    giveUp: (request: Pending, error: ModelyardError) => void,
    endsRuns: boolean,
  ) {
    this.#pending = pending;
    this.#giveUp = giveUp;
    this.#endsRuns = endsRuns;
  }

  add(request: Pending): void {
    const { signal, deadline } = request;
    if (deadline !== undefined && deadline - Date.now() < 3 * GRACE_MS) this.#listen(request);
    else if (signal !== undefined || deadline !== undefined) this.#arm();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    setTimeout(() => this.#look(), GRACE_MS);
  }

  /** Those that were here at the last look are listened for; the others are noted until the next. */
  #look(): void {
    this.#armed = false;
    for (const request of [...this.#pending()]) {
      if (request.watched === "yes" || request.settled) continue;
      if (request.watched === "soon") this.#listen(request);
      else {
        request.watched = "soon";
        this.#arm();
      }
    }
  }

  #listen(request: Pending): void {
    const { signal, deadline } = request;
    request.watched = "yes";
    if (signal?.aborted) {
      this.#giveUp(request, fail("ABORTED", {}));
      return;
    }
    if (signal !== undefined) {
      request.onAbort = () => this.#giveUp(request, fail("ABORTED", {}));
      signal.addEventListener("abort", request.onAbort, { once: true });
    }
    if (deadline === undefined || (request.begun && !this.#endsRuns)) return;
    const wait = deadline - Date.now();
    if (wait > MAX_TIMER_MS) return;
    request.timer = setTimeout(() => {
      const state = request.begun ? "was being answered" : "was waiting";
      this.#giveUp(request, fail("RUN_DEADLINE", { state }));
    }, wait);
  }

  /** To be told when an instance gets the request: one that cannot be stopped is answered, deadline or not. */
  begin(request: Pending): void {
    request.begun = true;
    if (request.timer === undefined || this.#endsRuns) return;
    clearTimeout(request.timer);
    request.timer = undefined;
  }
}

/** Ends what `add` began. */
export function forget(request: Pending): void {
  if (request.timer !== undefined) clearTimeout(request.timer);
  request.timer = undefined;
  if (request.onAbort !== undefined) request.signal?.removeEventListener("abort", request.onAbort);
}
