import type { SessionStats } from "../session.ts";
import type { LoadOrder } from "../worker/messages.ts";
import { type Machine, Narrow, type NarrowEvents, type NarrowPlan } from "./narrow.ts";
import { type LoadedModel, leastLoaded, Seat } from "./seat.ts";

export interface CrewPlan {
  readonly order: LoadOrder;
  readonly instances: number;
  /** Null where the number of instances or of their threads was asked for: then no others come and go. */
  readonly narrow: NarrowPlan | null;
}

/** The instances of a host: those that it always has and, while requests queue, narrow ones. */
export class Crew {
  readonly #always: readonly Seat[];
  readonly #narrow: Narrow | null;

  constructor({ order, instances, narrow }: CrewPlan, events: NarrowEvents, machine?: Machine) {
    this.#always = Array.from(
      { length: instances },
      // The first instance judges for all.
      (_, i) => new Seat(i === 0 ? order : { ...order, probe: false }, events),
    );
    this.#narrow = narrow && new Narrow(narrow, events, machine);
  }

  /** @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED, RUN_WORKER_DIED */
  async open(): Promise<LoadedModel> {
    const [first, ...others] = this.#always as [Seat, ...Seat[]];
    // One after the other: the probe measures times.
    const model = await first.open();
    await Promise.all(others.map((seat) => seat.open()));
    return model;
  }

  /** All that take requests. */
  get seats(): readonly Seat[] {
    const narrow = this.#narrow?.seats ?? [];
    return narrow.length === 0 ? this.#always : [...this.#always, ...narrow];
  }

  /** Whether none is ready or starting. */
  get isDown(): boolean {
    return this.seats.every((seat) => seat.down);
  }

  /** Whether no request should wait for any of them. */
  get isHopeless(): boolean {
    return this.seats.every((seat) => seat.hopeless);
  }

  /** Requests wait: those that pause may start sooner. */
  want(): void {
    for (const seat of this.seats) seat.want();
  }

  /**
   * Who gets the next of so many requests.
   * @param depth most batches that an instance has at once
   */
  pick(requests: number, depth: number): Seat | undefined {
    const narrow = this.#narrow?.seats ?? [];
    if (narrow.length === 0) return leastLoaded(this.#always, depth);
    const [better, worse] = this.#narrow?.take(requests) ? [narrow, this.#always] : [this.#always, narrow];
    return leastLoaded(better.some((seat) => seat.ready) ? better : worse, depth);
  }

  /** To be told whenever the number of requests has changed that run or wait. */
  observe(requests: number): void {
    this.#narrow?.observe(requests);
  }

  stats(): Pick<SessionStats, "ready" | "instances" | "narrow" | "narrowRefused" | "restarts" | "processes"> {
    const { seats } = this;
    return {
      ready: seats.filter((seat) => seat.ready).length,
      instances: seats.length,
      narrow: seats.length - this.#always.length,
      narrowRefused: this.#narrow?.refused ?? null,
      processes: seats.map((seat) => seat.pid).filter((pid) => pid !== null),
      restarts: this.#always.reduce((sum, seat) => sum + seat.restarts, this.#narrow?.restarts ?? 0),
    };
  }

  /** What runs must have been answered. */
  async close(): Promise<void> {
    await Promise.all([this.#narrow?.close(), ...this.#always.map((seat) => seat.close())]);
  }
}
