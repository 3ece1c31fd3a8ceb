import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { makerHere } from "../compiled/maker.ts";
import { availableCpus } from "../host/cpus.ts";
import { keepSpare } from "../host/links.ts";
import type { SessionOptions } from "../session.ts";
import type { Isolation } from "../worker/messages.ts";
import { Budget } from "./budget.ts";
import { findKnown, keepKnown, sweepKnown } from "./kept.ts";
import { type Known, measureModel } from "./measure.ts";
import { OnDemandSession, type Plan } from "./on-demand.ts";

export interface ResidencyOptions {
  /** Bytes that all models together may take. */
  readonly memory: number;
  /** Folder in which what models take is kept. */
  readonly folder: string;
  /** Something went wrong that answers do not depend on. */
  readonly onProblem: (error: unknown) => void;
}

/** How one model is opened, and who it is. */
export interface Residence {
  readonly name: string;
  /** Says which weights it has: see `compileModel`. */
  readonly source: string;
  /** What made the file, where it is an artefact: another one may take another amount. */
  readonly made: string;
  /** Stays in memory. */
  readonly pinned: boolean;
  readonly options: SessionOptions;
  /** Path of the file of weights that is mapped into memory; null: none. */
  readonly weights: string | null;
}

/** What is told of the memory of models. Bytes. */
export interface MemoryStats {
  readonly limit: number;
  readonly used: number;
  readonly evictions: number;
  readonly loads: number;
}

/** Linux has it. */
const SMAPS = "/proc/self/smaps";

/** Any number of models under one budget of memory. */
export class Residency {
  readonly #budget: Budget;
  readonly #folder: string;
  readonly #onProblem: (error: unknown) => void;
  readonly #spares = new Map<Isolation, () => Promise<void>>();
  /** Measured one after the other: each takes memory that no budget counts. */
  #measuring: Promise<unknown> = Promise.resolve();

  /** @throws RUN_OPTION where the system does not tell what a process takes */
  constructor({ memory, folder, onProblem }: ResidencyOptions) {
    if (!existsSync(SMAPS)) {
      const expected = `left out: this system has no ${SMAPS}, by which models are measured`;
      throw fail("RUN_OPTION", { option: "memory", given: memory, expected });
    }
    this.#budget = new Budget(memory);
    this.#folder = folder;
    this.#onProblem = onProblem;
    void sweepKnown(folder).catch(onProblem);
  }

  stats(): MemoryStats {
    return this.#budget.stats();
  }

  /**
   * A session that is loaded on demand. The first time that a model is met, it is loaded in a process of its own and measured.
   * @throws MODEL_OVER_BUDGET, and what openSession throws
   */
  async open(residence: Residence): Promise<OnDemandSession> {
    const { name, pinned } = residence;
    const plan = await this.#planOf(residence);
    this.#budget.check({ name, pinned }, plan.known.cost);
    this.#useSpare(residence.options.isolation ?? "thread");
    const session = new OnDemandSession(name, pinned, this.#budget, plan);
    try {
      if (pinned) await session.load();
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  #useSpare(isolation: Isolation): void {
    if (!this.#spares.has(isolation)) this.#spares.set(isolation, keepSpare(isolation));
  }

  /** Its sessions are closed by whoever opened them. */
  async close(): Promise<void> {
    await Promise.all([...this.#spares.values()].map((leave) => leave()));
  }

  /** @throws as `open`; then the session stays as it was */
  async reopen(session: OnDemandSession, residence: Residence): Promise<void> {
    await session.reopen(await this.#planOf(residence));
  }

  async #planOf(residence: Residence): Promise<Plan> {
    // What is called back cannot cross to the process that measures.
    const { signal, onNarrowRefused: _, onOriginal, ...options } = residence.options;
    const known = await this.#know(residence, options, signal);
    return {
      options: { ...options, ...(onOriginal ? { onOriginal } : {}) },
      weights: residence.weights,
      known,
    };
  }

  async #know(residence: Residence, options: SessionOptions, signal?: AbortSignal): Promise<Known> {
    const { source, made, weights } = residence;
    const { device, isolation, instances, threads, batch, optimize } = options;
    const how = [device, isolation, instances, threads, batch, optimize, availableCpus()];
    const key = [source, made, makerHere(), ...how];
    const kept = await findKnown(this.#folder, key);
    if (kept) return kept;
    const order = { options, weights: weights === null ? null : basename(weights) };
    const known = await this.#next(() => measureModel(order, signal));
    await keepKnown(this.#folder, key, known).catch(this.#onProblem);
    return known;
  }

  #next<T>(what: () => Promise<T>): Promise<T> {
    const next = this.#measuring.then(what);
    this.#measuring = next.catch(() => {});
    return next;
  }
}
