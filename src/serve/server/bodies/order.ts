/**
 * The order of frames whose bodies are read elsewhere. Frames of a stream are run in the order in which they came, and which stream
 * a body is of is known once it is read: so those of one model wait for each other.
 */
export class FrameOrder {
  readonly #last = new Map<string, Promise<void>>();

  /** Whether frames of this model are being read. */
  isBusy(model: string): boolean {
    return this.#last.has(model);
  }

  /** Takes a place behind all that came before. */
  enter(model: string): FramePlace {
    const before = this.#last.get(model) ?? Promise.resolve();
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const last = before.then(() => left);
    this.#last.set(model, last);
    void last.then(() => {
      if (this.#last.get(model) === last) this.#last.delete(model);
    });
    return { turn: before, leave };
  }
}

export interface FramePlace {
  /** Resolves when all that came before have been handed to their streams, or failed. */
  readonly turn: Promise<void>;
  /** Called once this one has, or failed. */
  leave(): void;
}
