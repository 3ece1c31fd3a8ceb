import type { ModelyardError } from "../../../base/errors/index.ts";
import type { LoadOrder } from "../worker/messages.ts";
import { areFew, type Crowd, newCrowd, observe, untilQuiet, whyTooLarge } from "./crowd.ts";
import { freeMemory } from "./memory.ts";
import { Seat, type SeatEvents } from "./seat.ts";

/** Instances that may be opened beside the one that has all processors. */
export interface NarrowPlan {
  readonly order: LoadOrder;
  readonly processors: number;
  /** As many as processors, so that each has its own. */
  readonly count: number;
  /** Bytes of the model's constants. */
  readonly weights: number;
}

export interface NarrowEvents extends SeatEvents {
  /** Requests queue, and no instances were opened for them: why. At most once a minute. */
  onRefused(reason: string): void;
}

/** What is seen of the machine; tests give another. */
export interface Machine {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Bytes that this process may still take, and has. */
  freeMemory(): number;
  residentMemory(): number;
  /** Calls once, and keeps no program alive for it; gives what calls it off. */
  after(milliseconds: number, what: () => void): () => void;
}

const MACHINE: Machine = {
  now: () => performance.now(),
  freeMemory,
  residentMemory: () => process.memoryUsage.rss(),
  after(milliseconds, what) {
    const timer = setTimeout(what, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

/** Too little memory now may be enough later: looked at again at most so often. */
const MEMORY_AGAIN_MS = 60_000;
/** Such that still compute when their time is over are looked at again after so long. */
const STILL_BUSY_MS = 1000;

/**
 * Instances of one thread each that a host opens while requests queue, and closes when they no longer do. One run on all
 * processors is fastest for a request that is alone; many runs on one processor each answer more requests a second.
 */
export class Narrow {
  readonly #plan: NarrowPlan;
  readonly #events: NarrowEvents;
  readonly #machine: Machine;
  readonly #crowd: Crowd;
  /** Resident memory before the model was loaded the first time. */
  readonly #before: number;
  #seats: readonly Seat[] = [];
  #isOpen = false;
  #isClosed = false;
  #callOff: (() => void) | undefined;
  #dismissing: Promise<void> | null = null;
  #notBefore = Number.NEGATIVE_INFINITY;
  #restartsOfOthers = 0;
  /** Bytes that all sessions' copies which are only just being loaded may come to take. */
  static #promised = 0;
  /** Why they were not opened although requests queued; null where nothing kept them. */
  refused: string | null = null;

  constructor(plan: NarrowPlan, events: NarrowEvents, machine: Machine = MACHINE) {
    this.#plan = plan;
    this.#events = events;
    this.#machine = machine;
    this.#crowd = newCrowd(machine.now());
    this.#before = machine.residentMemory();
  }

  /** None, or all; those that are only just being loaded are left out. */
  get seats(): readonly Seat[] {
    return this.#isOpen ? this.#seats : [];
  }

  get restarts(): number {
    return this.#seats.reduce((sum, seat) => sum + seat.restarts, this.#restartsOfOthers);
  }

  /** Whether they had better get the next of so many requests. */
  take(requests: number): boolean {
    return this.#isOpen && !areFew(requests, this.#plan.processors);
  }

  /** To be told whenever the number of requests has changed that run or wait. */
  observe(requests: number): void {
    const now = this.#machine.now();
    const isCrowded = observe(this.#crowd, requests, this.#plan.processors, now);
    if (!isCrowded || this.#seats.length > 0 || this.#isClosed || now < this.#notBefore) return;
    const { count, weights } = this.#plan;
    // What the first copy and its runs have added; of other things in the process at most too much is counted.
    const grown = this.#machine.residentMemory() - this.#before;
    const bytes = Math.max(weights, grown);
    this.refused = whyTooLarge(count, bytes, Math.max(0, this.#machine.freeMemory() - Narrow.#promised));
    if (this.refused !== null) {
      this.#notBefore = now + MEMORY_AGAIN_MS;
      this.#events.onRefused(this.refused);
      return;
    }
    Narrow.#promised += count * bytes;
    void this.#open().finally(() => {
      Narrow.#promised -= count * bytes;
    });
  }

  /** One after the other: each takes more memory, and the time of those that answer, while it is loaded. */
  async #open(): Promise<void> {
    const { count, order } = this.#plan;
    const seats = Array.from({ length: count }, () => new Seat(order, this.#events));
    this.#seats = seats;
    try {
      for (const seat of seats) {
        await seat.open();
        if (this.#isClosed) return;
      }
    } catch (error) {
      // A seat that is closed while it is loaded ends with an error too.
      if (this.#isClosed) return;
      // What failed once would mostly fail again, and cost a loading each time.
      this.#notBefore = Number.POSITIVE_INFINITY;
      this.refused = (error as ModelyardError).message;
      this.#events.onRefused(this.refused);
      await this.#dismiss();
      return;
    }
    this.#isOpen = true;
    this.#look();
    this.#events.onReady();
  }

  /** Closes them when their time is over, or looks again then. */
  #look(): void {
    const wait = untilQuiet(this.#crowd, this.#plan.processors, this.#machine.now());
    if (wait > 0) this.#callOff = this.#machine.after(wait, () => this.#look());
    else if (this.#seats.some((seat) => seat.load > 0)) {
      this.#callOff = this.#machine.after(STILL_BUSY_MS, () => this.#look());
    } else void this.#dismiss();
  }

  /** Nothing may be on its way to a seat or from it. */
  #dismiss(): Promise<void> {
    this.#callOff?.();
    this.#isOpen = false;
    this.#dismissing ??= Promise.all(this.#seats.map((seat) => seat.close())).then(() => {
      this.#restartsOfOthers = this.restarts;
      // Only now may others be opened in their place.
      this.#seats = [];
      this.#dismissing = null;
    });
    return this.#dismissing;
  }

  /** Ends all of it for good; what runs must have been answered. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#dismiss();
  }
}
