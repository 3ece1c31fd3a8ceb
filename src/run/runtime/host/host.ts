import { fail, type ModelyardError } from "../../../base/errors/index.ts";
import type { Signature, Tensors } from "../../../model/tensor/tensor.ts";
import { findObstacle } from "../batchable.ts";
import type { Batching } from "../batching.ts";
import type { Exchanged } from "../codec.ts";
import { checkFeeds } from "../feeds.ts";
import { namedOutputs, wantedOutputs } from "../outputs.ts";
import { isUsed } from "../placement.ts";
import {
  bytesOfFeeds,
  outputWithoutRows,
  rowsOf,
  sliceRows,
  slotsAsTheyAre,
  slotsOfMany,
  slotsOfOne,
} from "../rows.ts";
import type { ExchangeOptions, RunOptions, Session, SessionStats } from "../session.ts";
import type { BodiesAnswer, Slot } from "../worker/messages.ts";
import { askOfBodies, replyTo } from "./bodies.ts";
import { Crew, type CrewPlan } from "./crew.ts";
import type { Machine } from "./narrow.ts";
import { type Batch, type Bodies, type BodyRequest, type Pending, Queue, type Request } from "./queue.ts";
import type { LoadedModel, Seat } from "./seat.ts";
import { forget, Watch } from "./watch.ts";

export interface Plan extends CrewPlan {
  readonly threads: number;
  readonly device: string;
  readonly queue: number;
  /** What was declared; null: what the probe says. */
  readonly batching: Batching | null;
  /** See SessionOptions. */
  readonly onOriginal?: ((problem: ModelyardError) => void) | undefined;
  /** See SessionOptions. */
  readonly onNarrowRefused?: ((reason: string) => void) | undefined;
}

/**
 * Batches that an instance has at once where each request goes alone: one runs and the next lies ready, so that
 * it does not idle while an answer and the next request cross between the threads.
 */
const DEPTH_ALONE = 2;
/**
 * A run that is over soon after its deadline is cheaper than another process that loads the model. Where the batch was not begun yet,
 * it is looked at again after as long.
 */
const OVERDUE_MS = 100;
/** Where requests are merged, what comes meanwhile should wait here and grow the next batch. */
const DEPTH_MERGED = 1;
/**
 * More than this gains little from being merged further. Were all connections' requests one batch, reading them and
 * running them would take turns: one processor would always wait for the other.
 */
const WORTH_A_RUN = 16;

type BodiesContent = BodiesAnswer extends [unknown, unknown, ...infer Rest] ? Rest : never;

function requestsOf(batch: Batch | Bodies): readonly Pending[] {
  return "bodies" in batch ? batch.bodies : batch.requests;
}

/** The main thread's side of a session: the queue, and the seats of the instances. Nothing is computed here. */
export class Host implements Session {
  readonly #plan: Plan;
  readonly #queue: Queue;
  /** Whether instances are processes, which can be ended at any time. */
  readonly #isApart: boolean;
  readonly #crew: Crew;
  readonly #watch: Watch;
  #model: LoadedModel = {
    signature: { inputs: [], outputs: [] },
    outputs: [],
    probed: null,
    single: false,
    placement: null,
    problem: null,
  };
  #batching: Batching = { max: 1, reason: "" };
  #scheduled = false;
  #running = 0;
  #answered = 0;
  #failed = 0;
  #merged: number[] = [0];
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  #lastDeath: ModelyardError | undefined;

  constructor(plan: Plan, machine?: Machine) {
    this.#plan = plan;
    this.#queue = new Queue(plan.queue);
    const events = {
      onReady: () => this.#dispatch(),
      onAnswer: (batch: Batch | Bodies, error: ModelyardError | null, content: unknown[]) => {
        if ("bodies" in batch) this.#receiveBodies(batch, error, content as unknown as BodiesContent);
        else this.#receive(batch, error, content as Slot[]);
      },
      onLost: (batches: readonly (Batch | Bodies)[], error: ModelyardError) => this.#lose(batches, error),
      onReturned: (batches: readonly (Batch | Bodies)[]) => this.#takeBack(batches),
      onOriginal: (problem: ModelyardError) => plan.onOriginal?.(problem),
      onRefused: (reason: string) => plan.onNarrowRefused?.(reason),
    };
    this.#isApart = plan.order.isolation === "process";
    this.#watch = new Watch(
      () => this.#pending(),
      (request, error) => {
        this.#giveUp(request, error);
        if (error.code === "RUN_DEADLINE" && request.begun) this.#endOverdue(request);
      },
      this.#isApart,
    );
    this.#crew = new Crew(plan, events, machine);
  }

  /** @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED, RUN_WORKER_DIED, RUN_DEVICE_UNUSED */
  async open(): Promise<void> {
    this.#model = await this.#crew.open();
    const { device } = this.#plan;
    if (!isUsed(device, this.#model.placement)) throw fail("RUN_DEVICE_UNUSED", { device });
    this.#batching = this.#decideBatching();
  }

  #decideBatching(): Batching {
    const { signature, outputs, probed } = this.#model;
    const declared = this.#plan.batching ?? probed ?? this.#batching;
    const obstacle = declared.max > 1 ? findObstacle(signature, outputs) : null;
    return obstacle === null ? declared : { max: 1, reason: obstacle };
  }

  get signature(): Signature {
    return this.#model.signature;
  }

  get batching(): Batching {
    return this.#batching;
  }

  get maxBatch(): number {
    return this.#batching.max;
  }

  run(feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    return new Promise((resolve, reject) => {
      this.#accept(feeds, options, resolve, reject);
    });
  }

  exchange(body: Uint8Array, options: ExchangeOptions = {}): Promise<Exchanged | null> {
    return new Promise((resolve, reject) => {
      if (this.#plan.order.codec === null) {
        throw fail("RUN_OPTION", { option: "codec", given: "none", expected: "the protocol of the body" });
      }
      this.#refuse(options);
      const { digest = false, dialect = "", signal, deadline } = options;
      this.#enqueue({
        body,
        digest,
        dialect,
        settled: false,
        begun: false,
        watched: "no",
        signal,
        deadline,
        timer: undefined,
        onAbort: undefined,
        resolve,
        reject,
      });
    });
  }

  /** Inside the promise's executor, so that what is thrown here rejects it. */
  #accept(
    feeds: Tensors,
    options: RunOptions,
    resolve: (outputs: Tensors) => void,
    reject: (error: ModelyardError) => void,
  ): void {
    this.#refuse(options);
    const { take = false, alone = false, signal, deadline } = options;
    const { signature, outputs: known } = this.#model;
    const checked = checkFeeds(signature, feeds);
    const outputs = wantedOutputs(known, signature, options.outputs);
    const bytes = bytesOfFeeds(checked);
    const rows = rowsOf(checked);
    this.#enqueue({
      feeds: checked,
      rows,
      bytes,
      outputs,
      take,
      alone,
      settled: false,
      begun: false,
      watched: "no",
      signal,
      deadline,
      timer: undefined,
      onAbort: undefined,
      resolve,
      reject,
    });
  }

  /** What can be told before the request is looked at. */
  #refuse({ signal, deadline }: ExchangeOptions): void {
    if (this.#closing !== undefined) throw fail("RUN_CLOSED", {});
    if (signal?.aborted) throw fail("ABORTED", {});
    if (deadline !== undefined && deadline <= Date.now())
      throw fail("RUN_DEADLINE", { state: "was waiting" });
    if (this.#lastDeath !== undefined && this.#crew.isHopeless) throw this.#lastDeath;
  }

  *#pending(): Generator<Pending> {
    yield* this.#queue;
    for (const seat of this.#crew.seats) for (const batch of seat.batches) yield* requestsOf(batch);
  }

  #enqueue(request: Request | BodyRequest): void {
    this.#queue.push(request);
    this.#watch.add(request);
    this.#schedule();
  }

  /**
   * Where requests are merged, dispatching waits until all that lies ready on the sockets has been read, so that
   * requests of one turn of the event loop go out together; or until they are worth a run of their own, which then
   * goes on while the others are read.
   */
  #schedule(): void {
    const { max } = this.#batching;
    if (max <= 1 || this.#queue.length >= Math.min(max, WORTH_A_RUN)) this.#dispatch();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#dispatch();
      });
    }
  }

  #dispatch(): void {
    const depth = this.#batching.max > 1 ? DEPTH_MERGED : DEPTH_ALONE;
    for (;;) {
      const seat = this.#crew.pick(this.#requests, depth);
      const batch = seat === undefined ? null : this.#queue.take(this.#batching.max);
      if (seat === undefined || batch === null) break;
      this.#send(seat, batch);
    }
    if (this.#queue.length > 0 && this.#crew.isDown) this.#crew.want();
    // Merging serves many at once better, and a quick model is not worth the threads.
    if (this.#batching.max <= 1 && !this.#model.single) this.#crew.observe(this.#requests);
  }

  /** How many there are, with an instance or waiting. */
  get #requests(): number {
    return this.#running + this.#queue.length;
  }

  #send(seat: Seat, batch: Batch | Bodies): void {
    const requests = requestsOf(batch);
    for (const request of requests) this.#watch.begin(request);
    this.#running += requests.length;
    if ("bodies" in batch) {
      seat.send(batch, askOfBodies(batch.bodies, this.#batching.max));
      return;
    }
    const { signature } = this.#model;
    const [first] = batch.requests as [Request];
    const slots =
      requests.length === 1
        ? this.#isApart
          ? slotsAsTheyAre(first.feeds)
          : slotsOfOne(signature, first.feeds, first.take)
        : slotsOfMany(
            signature,
            batch.requests.map((request) => request.feeds),
            batch.rows,
          );
    seat.send(batch, [first.outputs, ...slots]);
    this.#count(requests.length);
  }

  #count(size: number): void {
    this.#merged[size] = (this.#merged[size] ?? 0) + 1;
  }

  #receiveBodies({ bodies }: Bodies, error: ModelyardError | null, rest: BodiesContent): void {
    this.#running -= bodies.length;
    if (error === null) {
      const [, , sizes, obstacle] = rest;
      for (const size of sizes) this.#count(size);
      if (obstacle !== null) this.#batching = { max: 1, reason: obstacle };
    }
    this.#dispatch();
    bodies.forEach((request, index) => {
      const reply = error ?? replyTo(rest, index);
      if (reply instanceof Error) this.#giveUp(request, reply);
      else if (this.#settle(request)) request.resolve(reply);
    });
    this.#checkIdle();
  }

  #receive(batch: Batch, error: ModelyardError | null, slots: Slot[]): void {
    const { requests, rows } = batch;
    this.#running -= requests.length;
    const many = requests.length > 1;
    const outputs = (requests[0] as Request).outputs;
    if (many && error === null) {
      const odd = outputWithoutRows(outputs, slots, rows);
      if (odd !== null) {
        this.#batching = {
          max: 1,
          reason: `output ${odd} of ${rows} merged rows had another number of rows`,
        };
      }
    }
    if (many && (error !== null || this.#batching.max === 1)) {
      this.#retryAlone(requests);
      return;
    }
    // The instance gets its next batch before the callers of this one are woken.
    this.#dispatch();
    if (error !== null) {
      for (const request of requests) this.#giveUp(request, error);
    } else if (!many) {
      this.#answer(requests[0] as Request, slots);
    } else {
      let at = 0;
      for (const request of requests) {
        this.#answer(request, sliceRows(slots, rows, at, at + request.rows));
        at += request.rows;
      }
    }
    this.#checkIdle();
  }

  /** One of them spoiled the batch for all: each now fails or succeeds by itself. */
  #retryAlone(requests: readonly Request[]): void {
    const open = requests.filter((request) => !request.settled);
    for (const request of open) request.alone = true;
    this.#queue.putBack(open);
    this.#dispatch();
    this.#checkIdle();
  }

  #answer(request: Request, slots: readonly Slot[]): void {
    if (!this.#settle(request)) return;
    request.resolve(namedOutputs(this.#model.signature, request.outputs, slots));
  }

  /** Whether the caller still wants the answer, which then is counted as given. */
  #settle(request: Pending): boolean {
    if (request.settled) return false;
    // Given up a moment ago, before anybody listened.
    if (request.signal?.aborted) {
      this.#giveUp(request, fail("ABORTED", {}));
      return false;
    }
    this.#forget(request);
    this.#answered++;
    return true;
  }

  #giveUp(request: Pending, error: ModelyardError): void {
    if (request.settled) return;
    this.#forget(request);
    this.#failed++;
    this.#queue.remove(request);
    request.reject(error);
    this.#checkIdle();
  }

  #forget(request: Pending): void {
    request.settled = true;
    forget(request);
  }

  /** What an instance took with it fails; what waits is left to the other instances or to the next start. */
  #lose(batches: readonly (Batch | Bodies)[], error: ModelyardError): void {
    this.#lastDeath = error;
    for (const batch of batches) {
      const requests = requestsOf(batch);
      this.#running -= requests.length;
      for (const request of requests) this.#giveUp(request, error);
    }
    if (this.#crew.isDown) {
      for (const request of this.#queue.drain()) this.#giveUp(request, error);
    }
    this.#checkIdle();
  }

  /** What an instance never began with waits again, before all others. */
  #takeBack(batches: readonly (Batch | Bodies)[]): void {
    const requests = batches.flatMap((batch): readonly (Request | BodyRequest)[] =>
      "bodies" in batch ? batch.bodies : batch.requests,
    );
    this.#running -= requests.length;
    const open = requests.filter((request) => !request.settled);
    for (const request of open) request.begun = false;
    this.#queue.putBack(open);
    this.#dispatch();
    this.#checkIdle();
  }

  /** Ends the process that still computes what nobody waits for since a deadline has passed. */
  #endOverdue(request: Pending): void {
    for (const seat of this.#crew.seats) {
      for (const batch of seat.batches) {
        const requests = requestsOf(batch);
        if (!requests.includes(request) || !requests.every(({ settled }) => settled)) continue;
        const look = () => {
          if ([...seat.batches].includes(batch) && !seat.end(batch)) setTimeout(look, OVERDUE_MS).unref();
        };
        setTimeout(look, OVERDUE_MS).unref();
        return;
      }
    }
  }

  stats(): SessionStats {
    return {
      ...this.#crew.stats(),
      waiting: this.#queue.length,
      running: this.#running,
      answered: this.#answered,
      failed: this.#failed,
      runs: this.#merged.reduce((sum, runs) => sum + (runs ?? 0), 0),
      merged: Array.from(this.#merged, (runs) => runs ?? 0),
      threads: this.#model.single ? 1 : this.#plan.threads,
      device: this.#plan.device,
      placement: this.#model.placement,
    };
  }

  #checkIdle(): void {
    if (this.#running === 0 && this.#queue.length === 0) this.#onIdle?.();
  }

  close(): Promise<void> {
    this.#closing ??= new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#checkIdle();
    }).then(() => this.#crew.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
