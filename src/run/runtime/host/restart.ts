/** How an instance came to its end. */
export type Death =
  /** By itself: it aborted, could not load its model, or the system had no room to start it. */
  | "own"
  /** By a signal that no program sends itself: somebody's `kill -9`, or the system that needed memory. */
  | "killed";

/** The first death is answered by a new start at once; further ones, with no answer between, ever later. */
const PAUSE_MS = 100;
const MAX_PAUSE_MS = 10_000;
/**
 * What was killed is started for the sake of a request after at most so long, so that the request is answered within a second. A model
 * for which there is no memory is killed each time: between its loads the system has this long to itself.
 */
const MAX_PAUSE_WANTED_MS = 200;

/** When to start anew what has died. It decides alone by deaths, answers and requests; `start` is called once for each death. */
export class Restarts {
  readonly #start: () => void;
  /** Since the last answer. */
  #deaths = 0;
  #last: Death = "own";
  #timer: NodeJS.Timeout | undefined;
  #isPausing = false;
  #isWanted = false;
  /** Whether the pause has lasted as long as it must although somebody waits. */
  #isRested = false;

  /** @param start must not throw */
  constructor(start: () => void) {
    this.#start = start;
  }

  /** Whether a request that comes now had better be refused than wait. */
  get isLong(): boolean {
    return this.#isPausing && this.#last === "own";
  }

  /** It can do what it is there for. */
  answered(): void {
    this.#deaths = 0;
  }

  died(how: Death): void {
    this.#deaths++;
    this.#last = how;
    this.#isWanted = false;
    this.#isRested = false;
    if (this.#deaths === 1) {
      this.#start();
      return;
    }
    const pause = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** (this.#deaths - 2));
    this.#isPausing = true;
    if (how === "own" || pause <= MAX_PAUSE_WANTED_MS) {
      this.#wait(pause, () => this.#begin());
      return;
    }
    this.#wait(MAX_PAUSE_WANTED_MS, () => {
      this.#isRested = true;
      if (this.#isWanted) this.#begin();
      else this.#wait(pause - MAX_PAUSE_WANTED_MS, () => this.#begin());
    });
  }

  /** A request waits for it. */
  wanted(): void {
    if (!this.#isPausing) return;
    this.#isWanted = true;
    if (this.#isRested) this.#begin();
  }

  /** It is never started again. */
  close(): void {
    this.#isPausing = false;
    clearTimeout(this.#timer);
  }

  #begin(): void {
    this.close();
    this.#start();
  }

  #wait(milliseconds: number, what: () => void): void {
    this.#timer = setTimeout(what, milliseconds).unref();
  }
}
