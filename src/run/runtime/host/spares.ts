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
 * Where models leave to make room for others, those that they have left take the next ones. Only when nothing has come or gone for so
 * long is another made, for whoever comes then.
 */
const PAUSE_CHANGING_MS = 500;
/** Where models change places, two may do so at once. More would take too much memory beside the models. */
const MOST = 2;

/**
 * Threads or processes of a kind that nobody needs yet: one that was started ahead, or processes that a model has left. Starting one, and
 * the runtime in it, takes several times as long as loading a compiled model. They are kept while somebody lets models come and go.
 */
export class SpareRoom<T extends Started> {
  readonly #launch: (modules: readonly string[]) => T;
  /** What those before were asked to import: the next will be asked the same. */
  readonly #modules = new Set<string>();
  #spares: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #users = 0;
  /** Those that a model is only just leaving. */
  #leaving = 0;
  /** Whether models have left since one was started last. */
  #isChanging = false;

  /** @param launch starts one that imports these modules before it is asked */
  constructor(launch: (modules: readonly string[]) => T) {
    this.#launch = launch;
  }

  /** Keeps one from now on, until `leave` was called as often. */
  use(): void {
    this.#users++;
    this.#fill();
  }

  /**
   * Starts one that is not replaced once it was taken. What nobody took ends with `drop`.
   * @param modules that it will be asked to import, by URL
   */
  prepare(modules: readonly string[] = []): void {
    for (const module of modules) this.#modules.add(module);
    this.#fill();
  }

  async leave(): Promise<void> {
    this.#users--;
    await this.drop();
  }

  /** Lets the spare ones end, unless somebody keeps one. */
  async drop(): Promise<void> {
    if (this.#users > 0) return;
    clearTimeout(this.#timer);
    await Promise.all(this.#spares.splice(0).map((spare) => spare.dismiss()));
  }

  /**
   * A spare one; null where there is none. Whoever takes it says by `refill` when the next may be made.
   * @param module that it will import, by URL; null: none
   */
  take(module: string | null): T | null {
    if (module !== null) this.#modules.add(module);
    this.#bury();
    return this.#spares.pop() ?? null;
  }

  /** A model is about to leave. Whether what it is in is wanted for another, and had better not end. */
  wantsLeft(): boolean {
    this.#isChanging = true;
    this.#bury();
    if (this.#users === 0 || this.#spares.length + this.#leaving >= MOST) return false;
    this.#leaving++;
    return true;
  }

  /**
   * The model has left one that `wantsLeft` has wanted; null: it has ended instead.
   * @returns whether it is kept
   */
  offer(left: T | null): boolean {
    this.#leaving--;
    this.#bury();
    if (left === null || this.#users === 0 || this.#spares.length >= MOST) return false;
    this.#spares.push(left);
    return true;
  }

  /** What was taken has its model, or has come to nothing. */
  refill(): void {
    if (this.#users === 0) return;
    clearTimeout(this.#timer);
    const settle = () => {
      this.#isChanging = false;
      this.#fill();
      // The last is surely ready, since a model has left it.
      for (const spare of this.#spares.splice(0, this.#spares.length - 1)) void spare.dismiss();
    };
    this.#timer = setTimeout(settle, this.#isChanging ? PAUSE_CHANGING_MS : PAUSE_MS).unref();
  }

  #bury(): void {
    this.#spares = this.#spares.filter((spare) => spare.isAlive);
  }

  #fill(): void {
    this.#bury();
    if (this.#spares.length > 0) return;
    try {
      this.#spares.push(this.#launch([...this.#modules]));
    } catch {
      // The system has no room for one now. Nobody waits for it: whoever needs one starts it, and is told what is in the way.
    }
  }
}
