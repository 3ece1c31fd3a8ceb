/** A thread or process that has the runtime's code and waits for its model. */
export interface Started {
  /** Whether it still lives. */
  readonly isAlive: boolean;
  /** Lets it end. */
  dismiss(): Promise<void>;
}

/** It is made a little after the last was taken: loading a model has all processors until then. */
const PAUSE_MS = 50;

/**
 * At most one thread or process of a kind that was started before anybody needs it. Starting one, and the runtime in it, takes
 * several times as long as loading a compiled model. It is kept while somebody lets models come and go.
 */
export class SpareRoom<T extends Started> {
  readonly #launch: () => T;
  #spare: T | null = null;
  #timer: NodeJS.Timeout | undefined;
  #users = 0;

  constructor(launch: () => T) {
    this.#launch = launch;
  }

  /** Keeps one from now on, until `leave` was called as often. */
  use(): void {
    this.#users++;
    this.#spare ??= this.#launch();
  }

  /** Starts one that is not replaced once it was taken. What nobody took ends with `drop`. */
  prepare(): void {
    this.#spare ??= this.#launch();
  }

  async leave(): Promise<void> {
    this.#users--;
    await this.drop();
  }

  /** Lets the spare one end, unless somebody keeps one. */
  async drop(): Promise<void> {
    if (this.#users > 0) return;
    clearTimeout(this.#timer);
    const spare = this.#spare;
    this.#spare = null;
    await spare?.dismiss();
  }

  /** The spare one; null where there is none. */
  take(): T | null {
    const spare = this.#spare;
    this.#spare = null;
    if (this.#users > 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#spare ??= this.#launch();
      }, PAUSE_MS).unref();
    }
    return spare?.isAlive ? spare : null;
  }
}
