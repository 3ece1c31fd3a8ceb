import type { ModelyardError } from "../../base/errors/index.ts";
import type { Signature, Tensors } from "../../model/tensor/tensor.ts";
import type { Batching } from "./batching.ts";
import type { Exchanged, Spoken } from "./codec.ts";
import type { Placement } from "./placement.ts";
import type { GraphSize } from "./size.ts";
import type { Isolation, KnownInput } from "./worker/messages.ts";

export interface RunOptions {
  /** Names of the outputs wanted; all by default. */
  outputs?: readonly string[];
  /** Cancels while the request waits. A run that has begun cannot be stopped; its answer is thrown away. */
  signal?: AbortSignal;
  /**
   * Milliseconds since the epoch; a request still waiting then fails with RUN_DEADLINE. Where the model has a process of its own,
   * a run that goes on then fails so too, and is ended with its process.
   */
  deadline?: number;
  /**
   * The feeds' memory may be taken instead of copied: their buffers are detached, so neither the tensors nor
   * anything else that views those buffers can be read afterwards. For large inputs made only for this run.
   * @default false
   */
  take?: boolean;
  /** Never merged with other requests, whatever the model allows. @default false */
  alone?: boolean;
}

export interface ExchangeOptions extends Pick<RunOptions, "signal" | "deadline"> {
  /** Whether the body's sha256 is wanted. @default false */
  digest?: boolean;
  /** Which of the codec's dialects the body is in. @default "" */
  dialect?: string;
}

/** Counters since the session was opened, and where it stands. */
export interface SessionStats {
  /** Instances that can take a request now, of those that there should be. */
  readonly ready: number;
  readonly instances: number;
  /** Of these instances, those of one thread each that were opened since requests queue; see docs/model-yaml.md. */
  readonly narrow: number;
  /** Why they were not opened although requests queued, or what kept them from loading; null where nothing did. */
  readonly narrowRefused: string | null;
  /** Requests in the queue, and requests that an instance has. */
  readonly waiting: number;
  readonly running: number;
  /** Requests answered, and requests that failed, were cancelled or came too late. */
  readonly answered: number;
  readonly failed: number;
  /** Calls of the model. `answered / runs` is the mean number of requests in a batch. */
  readonly runs: number;
  /** Runs by how many requests they merged: `merged[n]` runs of n requests; index 0 is unused. */
  readonly merged: readonly number[];
  /** Instances that died and were started anew. */
  readonly restarts: number;
  /** The processes that hold instances. */
  readonly processes: readonly number[];
  /** Threads inside one run of an instance that is not narrow. */
  readonly threads: number;
  /** That computes at least a part of the model. */
  readonly device: string;
  /** What ran where, of any device but the processor alone; null of that, and where it is not known. */
  readonly placement: Placement | null;
}

/**
 * A loaded model: a function of named tensors. Only plain data crosses it, so a thread, a process, a GPU or
 * another machine may stand behind it.
 */
export interface Session {
  /**
   * As the runtime reports it. An input of shape `[]` is a scalar or one whose rank is unknown (the runtime does
   * not tell them apart). Outputs that are no tensors are not listed.
   */
  readonly signature: Signature;
  /** Most rows of one batch that the host forms from waiting requests; 1: never merged. */
  readonly maxBatch: number;
  /** `max` may fall to 1 while serving, when an answer shows that rows cannot be told apart. */
  readonly batching: Batching;
  /**
   * The feeds are copied unless `take` is given, and must not change before the promise settles.
   * @throws RUN_INPUT_*, RUN_OUTPUT_UNKNOWN before anything runs, when names, types or shapes do not fit;
   * RUN_FAILED with the runtime's message, RUN_MEMORY; RUN_QUEUE_FULL, RUN_DEADLINE, ABORTED; RUN_WORKER_DIED,
   * RUN_CLOSED; RUN_TYPE_UNSUPPORTED for an output that is no tensor.
   */
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  /**
   * The answer to a body in the bytes of the session's protocol (`codec`), read and written where the model runs. Null
   * where it asks for more than one run: read it and use `run`.
   * @throws what the codec throws, and as `run`; RUN_OPTION where the session was opened without a codec
   */
  exchange(body: Uint8Array, options?: ExchangeOptions): Promise<Exchanged | null>;
  stats(): SessionStats;
  /** Takes no more requests, answers those that it has, then gives everything back. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a stream carries from frame to frame: tensors by the name of the input that takes them. */
export interface StateSpec {
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
  /** The number that the first frame's state is full of. @default 0 */
  readonly start?: number;
}

/** One stream of a stateful model. Any instance may take its next frame; frames of one stream run in order. */
export interface Stream {
  /**
   * Gives the outputs asked for; by default all but the states' own. A frame that fails, is cancelled or comes
   * too late leaves the state as it was.
   */
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  /** Frames answered. */
  readonly frames: number;
}

export interface SessionOptions {
  /** Path of the model file on disk. */
  path: string;
  /**
   * Bytes put behind the file's own, as if they stood at its end: two protobuf messages after each other are one, with
   * their lists joined, so this adds to a model (outputs, for example) without a copy of it.
   */
  tail?: Uint8Array;
  /**
   * Whether the runtime may rearrange the graph: without, it computes node by node what the file says, slower.
   * @default true
   */
  optimize?: boolean;
  /** Where `path` is the graph of an artefact: the model's own file, which is loaded in its place when that is gone or damaged. */
  original?: Pick<SessionOptions, "path" | "size" | "weights">;
  /** Called with what keeps the artefact from being loaded, each time. */
  onOriginal?(problem: ModelyardError): void;
  /** What the caller knows of the graph; very large ones are not optimised, or refused. @default a graph of usual size */
  size?: GraphSize;
  /**
   * Bytes of the model's constants. Where they are known, and neither instances nor threads are asked for, a model that is
   * not quick and whose rows are not merged gets an instance of one thread for each processor while requests queue.
   */
  weights?: number;
  /** Called with what keeps such instances from being opened, each time that it does: at most once a minute. */
  onNarrowRefused?(reason: string): void;
  /** Id of a provider, or "auto", which tries them: see `chooseDevice`. @default "cpu" */
  device?: string;
  /** Threads or processes that each hold the model. @default 1, and more while requests queue, see `weights` */
  instances?: number;
  /** Threads inside one run. @default what the container has, divided by the instances */
  threads?: number;
  /**
   * Most rows of one batch: a number that a person declared, 0 or 1 for never, "probe" to try at load whether
   * rows are independent and whether merging pays, or what that has shown before. @default "probe"
   */
  batch?: number | "probe" | Batching;
  /**
   * Where instances live. A thread gets tensors without a copy. A process takes nothing with it when the runtime's native code
   * crashes, can be ended with a run that takes too long, and gives all its memory back.
   * @default "thread"
   */
  isolation?: Isolation;
  /** Most requests that may wait. @default 1024 */
  queue?: number;
  /** A protocol that the session speaks: see `exchange`. */
  codec?: Spoken;
  /** Names of state inputs: requests of stateful models are never merged. */
  states?: readonly StateSpec[];
  /** Of inputs that are made up to see which nodes run where. */
  known?: readonly KnownInput[];
  /** Gives up loading. */
  signal?: AbortSignal;
}
