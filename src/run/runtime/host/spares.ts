/** A thread or process that has the runtime's code and waits for its model. */
export interface Started {
  /** Whether it still lives. */
  readonly isAlive: boolean;
  /** Lets it end. */
  dismiss(): Promise<void>;
}

/** It is made a little after the last one has its model: loading that, and its first run, have all processors until then. */
const PAUSE_MS = 50;

/**
 * At most one thread or process of a kind that was started before anybody needs it. Starting one, and the runtime in it, takes
 * several times as long as loading a compiled model. It is kept while somebody lets models come and go.
 */
export class SpareRoom<T extends Started> {
  readonly #launch: (modules: readonly string[]) => T;
  /** What those before were asked to import: the next will be asked the same. */
  readonly #modules = new Set<string>();
  #spare: T | null = null;
  #timer: NodeJS.Timeout | undefined;
  #users = 0;

  /** @param launch starts one that imports these modules before it is asked */
  constructor(launch: (modules: readonly string[]) => T) {
    this.#launch = launch;
  }

  /** Keeps one from now on, until `leave` was called as often. */
  use(): void {
    this.#users++;
    this.#fill();
  }

  /** Starts one that is not replaced once it was taken. What nobody took ends with `drop`. */
  prepare(): void {
    this.#fill();
  }

  async leave(): Promise<void> {
    this.#users--;
    await this.drop();
  }

  /** Lets the spare one end, unless somebody keeps one. */
  async drop(): Promise<void> {
    if (this.#users > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const spare = this.#spare;
    this.#spare = null;
    await spare?.dismiss();
  }

  /**
   * The spare one; null where there is none. Whoever takes it says by `refill` when the next may be made.
   * @param module that it will import, by URL; null: none
   */
  take(module: string | null): T | null {
    if (module !== null) this.#modules.add(module);
    const spare = this.#spare;
    this.#spare = null;
    return spare?.isAlive ? spare : null;
  }

  /** What was taken has its model, or has come to nothing. */
  refill(): void {
    if (this.#users === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#fill();
    }, PAUSE_MS).unref();
  }

  #fill(): void {
    if (this.#spare?.isAlive) return;
    try {
      this.#spare = this.#launch([...this.#modules]);
    } catch {
      // The system has no room for one now. Nobody waits for it: whoever needs one starts it, and is told what is in the way.
      this.#spare = null;
    }
  }
}
