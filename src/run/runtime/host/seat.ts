import { fail, fromPlainError, isModelyardError, type ModelyardError } from "../../../base/errors/index.ts";
import type { Answer, Ask, AskBodies, BodiesAnswer, Loaded, LoadOrder } from "../worker/messages.ts";
import type { Link, LinkEvents } from "./link.ts";
import { LINKS } from "./links.ts";
import type { Batch, Bodies } from "./queue.ts";
import { type Death, Restarts } from "./restart.ts";

export interface SeatEvents {
  /** After a restart: the instance can take work again. */
  onReady(): void;
  onAnswer(batch: Batch | Bodies, error: ModelyardError | null, content: unknown[]): void;
  /** The instance died with these batches, or could not be started again. */
  onLost(batches: readonly (Batch | Bodies)[], error: ModelyardError): void;
  /** The artefact could not be loaded, and the original was. */
  onOriginal(problem: ModelyardError): void;
  /** The instance was ended on purpose, and never began with these batches. */
  onReturned(batches: readonly (Batch | Bodies)[]): void;
}

type Content<T> = T extends [unknown, ...infer Rest] ? Rest : never;

export type LoadedModel = Exclude<Loaded, { error: unknown }>;

/** One place for an instance of the model: starts it, knows what it has to do, starts it anew when it dies. */
export class Seat {
  readonly #order: LoadOrder;
  readonly #events: SeatEvents;
  readonly #pending = new Map<number, Batch | Bodies>();
  #link: Link | null = null;
  #ready = false;
  #onClosed: (() => void) | null = null;
  readonly #restarts = new Restarts(() => this.#startAgain());
  /** Of the last link. */
  #death: Death = "own";
  /** The batch for whose sake the instance is being ended. */
  #ended: Batch | Bodies | null = null;
  #nextId = 1;
  restarts = 0;

  constructor(order: LoadOrder, events: SeatEvents) {
    this.#order = order;
    this.#events = events;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Neither ready nor starting: it died again before it answered, and pauses before it tries again. */
  get down(): boolean {
    return this.#link === null;
  }

  /** Whether it is down for so long that no request should wait for it. */
  get hopeless(): boolean {
    return this.#link === null && this.#restarts.isLong;
  }

  /** A request waits, and no instance is ready. */
  want(): void {
    this.#restarts.wanted();
  }

  get batches(): Iterable<Batch | Bodies> {
    return this.#pending.values();
  }

  /** The process that the instance is; null where it is none of its own, or is down. */
  get pid(): number | null {
    return this.#link?.pid ?? null;
  }

  /** Batches that it has. */
  get load(): number {
    return this.#pending.size;
  }

  /** Loads it; once more where somebody kills the first. @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED, RUN_WORKER_DIED */
  async open(): Promise<LoadedModel> {
    try {
      return await this.#start(this.#order);
    } catch (error) {
      if (this.#death !== "killed" || this.#onClosed !== null) throw error;
      this.#death = "own";
      return this.#start(this.#order);
    }
  }

  /** @param content of the message, without its number */
  send(batch: Batch | Bodies, content: Content<Ask> | Content<AskBodies>): void {
    const link = this.#link as Link;
    const id = this.#nextId++;
    link.send([id, ...content] as Ask | AskBodies);
    if (this.#pending.size === 0) link.hold();
    this.#pending.set(id, batch);
  }

  /**
   * Ends the instance where it is a process and computes this batch, for which nobody waits any more; another takes its place, and
   * gets what the instance had besides. False where the batch is not the one that it computes.
   */
  end(batch: Batch | Bodies): boolean {
    const [first] = this.#pending.values();
    if (first !== batch || this.pid === null) return false;
    this.#ended = batch;
    this.#ready = false;
    this.#link?.close();
    return true;
  }

  /** Ends the instance. What it still has is never answered: let it finish first. */
  close(): Promise<void> {
    this.#restarts.close();
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      if (this.#link === null) resolve();
      else if (this.#ready && this.#pending.size === 0) this.#link.leave();
      else this.#link.close();
      this.#ready = false;
    });
  }

  #start(order: LoadOrder): Promise<LoadedModel> {
    return new Promise((resolve, reject) => {
      let refusal: ModelyardError | undefined;
      // What it throws rejects this promise.
      const link = startLink(order, {
        onLoaded: (loaded) => {
          if ("error" in loaded) {
            // The thread ends by itself.
            refusal = fromPlainError(loaded.error);
          } else if (this.#onClosed === null) {
            this.#ready = true;
            if (loaded.problem !== null) this.#events.onOriginal(fromPlainError(loaded.problem));
            link.release();
            resolve(loaded);
          }
        },
        onAnswer: (answer) => this.#settle(answer),
        onEnd: (problem, death) => {
          this.#death = death;
          const wasReady = this.#ready || this.#ended !== null;
          this.#link = null;
          this.#ready = false;
          const error = refusal ?? fail("RUN_WORKER_DIED", { place: order.isolation, problem });
          // Of no effect where the promise has been resolved.
          reject(error);
          if (this.#onClosed !== null) this.#onClosed();
          else if (wasReady) this.#restart(error);
        },
      });
      this.#link = link;
    });
  }

  #settle([id, error, ...content]: Answer | BodiesAnswer): void {
    const batch = this.#pending.get(id);
    if (batch === undefined) return;
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#link?.release();
    this.#restarts.answered();
    this.#events.onAnswer(batch, error === null ? null : fromPlainError(error), content);
  }

  #restart(error: ModelyardError): void {
    const had = [...this.#pending.values()];
    const ended = this.#ended;
    this.#pending.clear();
    this.#ended = null;
    this.restarts++;
    if (ended !== null) {
      this.#startAgain();
      // Its answer may have come at the last moment.
      this.#events.onLost(
        had.filter((batch) => batch === ended),
        error,
      );
      this.#events.onReturned(had.filter((batch) => batch !== ended));
      return;
    }
    this.#restarts.died(this.#death);
    this.#events.onLost(had, error);
  }

  #startAgain(): void {
    // Where there is no room to start it, no link says how it ended.
    this.#death = "own";
    this.#start({ ...this.#order, place: false, probe: false }).then(
      () => this.#events.onReady(),
      (error: ModelyardError) => {
        if (this.#onClosed === null) this.#restart(error);
      },
    );
  }
}

/** @throws RUN_WORKER_DIED where the system has no room for another thread or process */
function startLink(order: LoadOrder, events: LinkEvents): Link {
  try {
    return LINKS[order.isolation].start(order, events);
  } catch (cause) {
    if (isModelyardError(cause)) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw fail("RUN_WORKER_DIED", { place: order.isolation, problem }, { cause });
  }
}

/** The ready one that has the fewest batches, and fewer than `depth`. */
export function leastLoaded(seats: readonly Seat[], depth: number): Seat | undefined {
  let free: Seat | undefined;
  let least = depth;
  for (const seat of seats) {
    if (!seat.ready || seat.load >= least) continue;
    free = seat;
    least = seat.load;
  }
  return free;
}
