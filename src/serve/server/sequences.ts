import { fail } from "../../base/errors/index.ts";
import type { Tensors } from "../../model/tensor/tensor.ts";
import type { Lease, ModelCard } from "../../run/pipeline/catalogue.ts";
import type { Limits } from "./limits.ts";
import type { SequenceParameters } from "./wire/read-parameters.ts";

type Stream = ReturnType<Lease["stream"]>;
type RunOptions = NonNullable<Parameters<Stream["run"]>[1]>;

/** One open sequence: a stream, and the lease that keeps its model's version loaded. */
interface Sequence {
  readonly lease: Lease;
  readonly stream: Stream;
  /** Frames that are not answered yet. */
  waiting: number;
  /** Milliseconds of the monotonic clock. */
  lastUsed: number;
}

/** Which sequence a request means: the model and version as its address says them, and the protocol's sequence_id. */
export interface SequenceAddress extends SequenceParameters {
  readonly model: string;
  readonly version: string | undefined;
}

/** Looks for idle sequences so often in the idle time: what is forgotten is at most a quarter older than promised. */
const SWEEPS = 4;

/**
 * The streams that clients have open. A sequence stays with the version it began on, whatever becomes the newest
 * meanwhile. Frames are handed to the stream in the order of their arrival, which runs them in that order.
 */
export class SequenceTable {
  readonly #limits: Limits;
  readonly #open = new Map<string, Sequence>();
  readonly #sweep: NodeJS.Timeout;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#sweep = setInterval(() => this.#forgetIdle(), Math.ceil(limits.sequenceIdleMs / SWEEPS)).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** The model on which an open sequence runs; undefined where none is open or the request begins it anew. */
  cardOf(address: SequenceAddress): ModelCard | undefined {
    return address.start ? undefined : this.#open.get(keyOf(address))?.lease.card;
  }

  /**
   * Runs one frame. A frame with `start` begins the sequence anew, one with `end` closes it behind its answer.
   * @param lease takes the lease that a new sequence keeps
   * @throws SERVE_SEQUENCE_UNKNOWN, SERVE_SEQUENCES_FULL, SERVE_SEQUENCE_BUSY, and what Stream.run throws
   */
  async run(
    address: SequenceAddress,
    lease: () => Lease,
    feeds: Tensors,
    options: RunOptions,
  ): Promise<Tensors> {
    const key = keyOf(address);
    const sequence = address.start ? this.#begin(key, lease) : this.#open.get(key);
    if (!sequence) {
      const idle = this.#limits.sequenceIdleMs / 1000;
      throw fail("SERVE_SEQUENCE_UNKNOWN", { id: address.id, model: address.model, idle });
    }
    if (sequence.waiting >= this.#limits.sequenceFrames) {
      throw fail("SERVE_SEQUENCE_BUSY", { id: address.id, limit: this.#limits.sequenceFrames });
    }
    if (address.end) this.#open.delete(key);
    sequence.waiting++;
    try {
      return await sequence.stream.run(feeds, options);
    } finally {
      sequence.waiting--;
      sequence.lastUsed = performance.now();
      this.#giveBack(key, sequence);
    }
  }

  /** Forgets every sequence. Frames under way are still answered. */
  close(): void {
    clearInterval(this.#sweep);
    for (const [key, sequence] of this.#open) this.#forget(key, sequence);
  }

  #begin(key: string, lease: () => Lease): Sequence {
    const known = this.#open.get(key);
    if (known) this.#forget(key, known);
    if (this.#open.size >= this.#limits.sequences) {
      throw fail("SERVE_SEQUENCES_FULL", { limit: this.#limits.sequences });
    }
    const held = lease();
    try {
      const sequence = { lease: held, stream: held.stream(), waiting: 0, lastUsed: performance.now() };
      this.#open.set(key, sequence);
      return sequence;
    } catch (error) {
      held.release();
      throw error;
    }
  }

  #forgetIdle(): void {
    const before = performance.now() - this.#limits.sequenceIdleMs;
    for (const [key, sequence] of this.#open) {
      if (sequence.waiting === 0 && sequence.lastUsed < before) this.#forget(key, sequence);
    }
  }

  #forget(key: string, sequence: Sequence): void {
    this.#open.delete(key);
    this.#giveBack(key, sequence);
  }

  /** Gives the lease back once the sequence is no longer open and its last frame is answered. */
  #giveBack(key: string, sequence: Sequence): void {
    if (sequence.waiting === 0 && this.#open.get(key) !== sequence) sequence.lease.release();
  }
}

/** No part can hold a NUL that ends it early: names are of files, versions digits, and the id comes last. */
function keyOf(address: SequenceAddress): string {
  return `${address.model}\0${address.version ?? ""}\0${address.key}`;
}
