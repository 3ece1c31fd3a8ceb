import type { Signature, Tensors } from "../../model/tensor/tensor.ts";

export interface RunOptions {
  /** Names of the outputs wanted; all by default. */
  outputs?: readonly string[];
  /** Cancels while the request waits. A run that has begun cannot be stopped; its answer is thrown away. */
  signal?: AbortSignal;
  /** Milliseconds since the epoch; a request still waiting then fails with RUN_DEADLINE. */
  deadline?: number;
}

/**
 * A loaded model: a function of named tensors. Only plain data crosses it, so a thread, a process, a GPU or
 * another machine may stand behind it.
 */
export interface Session {
  /** As the runtime reports it. */
  readonly signature: Signature;
  /** Most rows of one batch that the host forms from waiting requests; 1: never merged. */
  readonly maxBatch: number;
  /**
   * @throws RUN_INPUT_* before anything runs when names, types or shapes do not fit; RUN_FAILED with the
   * runtime's message; RUN_DEADLINE, ABORTED.
   */
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  /** Waits for the runs under way, then gives everything back. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a stream carries from frame to frame: tensors by the name of the input that takes them. */
export interface StateSpec {
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
}

/** One stream of a stateful model. Any instance may take its next frame; frames of one stream run in order. */
export interface Stream {
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  readonly frames: number;
}

export interface SessionOptions {
  /** Path of the model file on disk. */
  path: string;
  /** "cpu" today; "auto" picks. @default "auto" */
  device?: string;
  /** Worker threads that each hold the model. @default 1 */
  instances?: number;
  /** Threads inside one run. @default what the container has, divided by the instances */
  threads?: number;
  /**
   * Most rows of one batch: a number that a person declared, 0 or 1 for never, "probe" to try at load whether
   * rows are independent. @default "probe"
   */
  batch?: number | "probe";
  /** @default "thread" */
  isolation?: "thread" | "process";
  /** Names of state inputs: requests of stateful models are never merged. */
  states?: readonly StateSpec[];
  signal?: AbortSignal;
}
