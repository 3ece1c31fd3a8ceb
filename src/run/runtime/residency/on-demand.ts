import { fail } from "../../../base/errors/index.ts";
import type { Signature, Tensors } from "../../../model/tensor/tensor.ts";
import type { Batching } from "../batching.ts";
import type { Exchanged } from "../codec.ts";
import { checkFeeds } from "../feeds.ts";
import { openSession } from "../open.ts";
import type { ExchangeOptions, RunOptions, Session, SessionOptions, SessionStats } from "../session.ts";
import { NO_STATS, sumStats } from "../stats.ts";
import type { Budget, Resident } from "./budget.ts";
import { type Known, knowing } from "./measure.ts";

/** What an on-demand session is made of: how it is opened, and what is known of it before. */
export interface Plan {
  readonly options: SessionOptions;
  readonly known: Known;
  /** Path of the file of weights that is mapped into memory; null: none. */
  readonly weights: string | null;
}

interface Waiting {
  give(session: Session): void;
  refuse(error: unknown): void;
}

/** As for sessions that are loaded. */
const MAX_WAITING = 1024;
/** setTimeout's largest delay; a deadline beyond needs no timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A session whose model is loaded when it is asked and leaves memory when others need the room. What it takes and gives is known
 * without loading it. Requests wait while it is loaded, none fails for it.
 */
export class OnDemandSession implements Session, Resident {
  readonly name: string;
  readonly pinned: boolean;
  readonly #budget: Budget;
  #plan: Plan;
  #session: Session | null = null;
  #arriving: Promise<void> | null = null;
  #leaving: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Requests that the loaded session has. */
  #holds = 0;
  #onFree: (() => void) | null = null;
  readonly #waiting = new Set<Waiting>();
  #before: SessionStats = NO_STATS;

  constructor(name: string, pinned: boolean, budget: Budget, plan: Plan) {
    this.name = name;
    this.pinned = pinned;
    this.#budget = budget;
    this.#plan = plan;
  }

  get signature(): Signature {
    return this.#plan.known.signature;
  }

  get batching(): Batching {
    return this.#session?.batching ?? this.#plan.known.batching;
  }

  get maxBatch(): number {
    return this.batching.max;
  }

  get busy(): boolean {
    return this.#holds > 0;
  }

  get isLoaded(): boolean {
    return this.#session !== null && this.#leaving === null;
  }

  run(feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    // A model is not loaded for what it cannot answer.
    if (!this.isLoaded) {
      try {
        checkFeeds(this.signature, feeds);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.#use(options, (session) => session.run(feeds, options));
  }

  exchange(body: Uint8Array, options: ExchangeOptions = {}): Promise<Exchanged | null> {
    return this.#use(options, (session) => session.exchange(body, options));
  }

  /** Loads it now. @throws what openSession throws, MODEL_OVER_BUDGET */
  async load(): Promise<void> {
    await this.#use({}, async () => {});
  }

  /** From now on it is loaded so; where it is loaded, it leaves when it has answered what it has. */
  async reopen(plan: Plan): Promise<void> {
    this.#budget.check(this, plan.known.cost);
    this.#plan = plan;
    if (this.#session === null) return;
    this.leave();
    await this.#leaving;
    if (this.pinned) await this.load();
  }

  async #use<T>(options: ExchangeOptions, what: (session: Session) => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw fail("RUN_CLOSED", {});
    const loaded = this.isLoaded ? this.#session : null;
    if (loaded !== null) this.#holds++;
    const session = loaded ?? (await this.#wait(options));
    this.#budget.touch(this);
    try {
      return await what(session);
    } finally {
      this.#holds--;
      if (this.#holds === 0) {
        this.#onFree?.();
        this.#budget.idle();
      }
    }
  }

  /** The session, once it is loaded, with a hold on it. */
  #wait({ signal, deadline }: ExchangeOptions): Promise<Session> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw fail("ABORTED", {});
      if (this.#waiting.size >= MAX_WAITING) throw fail("RUN_QUEUE_FULL", { limit: MAX_WAITING });
      const abort = () => waiting.refuse(fail("ABORTED", {}));
      const wait = deadline === undefined ? MAX_TIMER_MS : Math.max(0, deadline - Date.now());
      const late = () =>
        waiting.refuse(fail("RUN_DEADLINE", { state: "was waiting for the model to be loaded" }));
      const timer = wait < MAX_TIMER_MS ? setTimeout(late, wait) : undefined;
      const settle = (how: () => void) => {
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        how();
      };
      const waiting: Waiting = {
        give: (session) =>
          settle(() => {
            this.#holds++;
            resolve(session);
          }),
        refuse: (error) => settle(() => reject(error)),
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(waiting);
      this.#arriving ??= this.#arrive();
    });
  }

  /** Never rejects: those who wait are told. */
  async #arrive(): Promise<void> {
    try {
      await this.#leaving;
      const { options, known, weights } = this.#plan;
      const { cost } = known;
      await this.#budget.enter(this, cost, weights);
      if (this.#waiting.size === 0) {
        // All have given up while others had the room.
        this.#arriving = null;
        this.#budget.exit(this);
        return;
      }
      this.#session = await openSession(knowing(options, known));
      this.#arriving = null;
      for (const waiting of [...this.#waiting]) waiting.give(this.#session);
      this.#budget.settle(this);
      this.#budget.idle();
    } catch (error) {
      this.#arriving = null;
      this.#budget.exit(this);
      for (const waiting of [...this.#waiting]) waiting.refuse(error);
    }
  }

  leave(): void {
    this.#leaving ??= this.#leave();
  }

  async #leave(): Promise<void> {
    if (this.#holds > 0) {
      await new Promise<void>((resolve) => {
        this.#onFree = resolve;
      });
    }
    this.#onFree = null;
    const session = this.#session;
    await session?.close();
    if (session) this.#before = sumStats({ ...session.stats(), ...NOTHING_LOADED }, this.#before);
    this.#session = null;
    this.#leaving = null;
    this.#budget.exit(this);
  }

  stats(): SessionStats {
    const now = this.#session?.stats() ?? { ...NO_STATS, device: this.#plan.known.device };
    return sumStats({ ...now, waiting: now.waiting + this.#waiting.size }, this.#before);
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const waiting of [...this.#waiting]) waiting.refuse(fail("RUN_CLOSED", {}));
      await this.#arriving;
      if (this.#session !== null) this.leave();
      await this.#leaving;
    })();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const NOTHING_LOADED = { ready: 0, instances: 0, narrow: 0, processes: [] } as const;
