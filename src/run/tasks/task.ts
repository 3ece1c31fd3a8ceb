import type { Contract } from "../../model/contract/contract.ts";
import type { Signature, Tensors } from "../../model/tensor/tensor.ts";
import type { Pixels } from "../media/image/picture.ts";
import type { RunOptions } from "../runtime/session.ts";

export type { Pixels };

/** What somebody gives to a model: raw bytes with a media type, text, numbers as JSON, or named tensors. */
export type TaskInput =
  | {
      readonly kind: "bytes";
      readonly bytes: Uint8Array;
      readonly mediaType?: string;
      readonly name?: string;
    }
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "json";
      readonly value: unknown;
      /** The same, with whole numbers that a double cannot hold as bigint; absent where the value never was text. */
      readonly exactly?: () => unknown;
    }
  | { readonly kind: "pixels"; readonly pixels: Pixels }
  | { readonly kind: "tensors"; readonly tensors: Tensors };

/** How a task reaches its model. `frame` runs one frame of a new stream whose states the opener holds. */
export interface TaskSession {
  readonly signature: Signature;
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  stream(): { run(feeds: Tensors, options?: RunOptions): Promise<Tensors> };
}

export interface TaskContext {
  readonly contract: Contract;
  /** By the contract's graph name; "main" for models of one graph. */
  readonly sessions: Readonly<Record<string, TaskSession>>;
  /** Labels or dictionary of an output, resolved from file or list; null where there are none. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  /** Lines of what else the contract names a file or a list for, by its path: "inputs.text.tokenizer.vocabulary". */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Partial answers come while the work goes on; the last event is the whole answer. */
export type TaskEvent =
  | { readonly type: "partial"; readonly value: unknown }
  | {
      readonly type: "answer";
      readonly value: unknown;
      readonly warnings: readonly string[];
      /** What each step of a pipeline took, in the order in which they ended. */
      readonly steps?: readonly StepTime[];
    };

export interface StepTime {
  readonly step: string;
  /** Milliseconds, waiting for threads included. */
  readonly ms: number;
}

export interface TaskExample {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly name: string;
}

/** One stream of a model that remembers, input after input. */
export interface TaskStream {
  /** The frames of what was given, which may be a list of them: itself where it is one. */
  frames(given: TaskInput): TaskInput[];
  /** The next frame's answer. */
  run(frame: TaskInput, signal?: AbortSignal): AsyncGenerator<TaskEvent, void, void>;
}

/** What tells of a task, and whether it is a model's. */
export interface TaskHead {
  readonly id: string;
  /** As a person says it: "reads the text in a picture". */
  readonly title: string;
  /** Whether this contract gives the task all that it needs; the reason where it does not. */
  match(contract: Contract): { readonly fits: true } | { readonly fits: false; readonly reason: string };
}

/** A row of tasks/table.ts: one folder each. */
export interface TaskRow extends TaskHead {
  /** What answers. */
  load(): Promise<Task>;
}

export interface Task extends TaskHead {
  /** What goes in, for pages, curl lines and OpenAPI. */
  readonly accepts: {
    readonly kind: "image" | "audio" | "text" | "tensors";
    readonly mediaTypes: readonly string[];
  };
  /** Names of what may be given with an input, and is read from the context's `options`. */
  readonly options: readonly string[];
  /** JSON Schema of the answer. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** Yields partial answers and, last, the answer. */
  run(context: TaskContext, input: TaskInput, signal?: AbortSignal): AsyncGenerator<TaskEvent, void, void>;
  /**
   * Opens a stream of which the inputs are the frames; null where the model remembers nothing. Absent where each input is a stream
   * of its own.
   */
  follow?(context: TaskContext): TaskStream | null;
  /** An input that this contract's model could take, for one-click examples. Named tensors need the signature too. */
  example(contract: Contract, signature?: Signature): Promise<TaskExample | null>;
  /** The answer in words, for a terminal. */
  print(answer: unknown): string;
  /** The answer drawn over the picture that was given, as a PNG; absent where nothing of an answer has a place. */
  draw?(answer: unknown, input: TaskInput): Promise<Uint8Array>;
}
