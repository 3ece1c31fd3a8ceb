import { fail, type PlainError, toPlainError } from "../../../base/errors/index.ts";
import type { Signature, TensorData, Tensors } from "../../../model/tensor/tensor.ts";
import type { Batching } from "../batching.ts";
import type { Spoken } from "../codec.ts";
import type { Placement } from "../placement.ts";

/** The session options of onnxruntime-node that a provider sets, as plain data. */
export type RuntimeOptions = Readonly<Record<string, unknown>>;

/** Where an instance of a model lives. */
export type Isolation = "thread" | "process";

/** What is known of an input besides its type and its name. */
export interface KnownInput {
  readonly name: string;
  /** null: a length that stays open. */
  readonly shape: readonly (number | null)[];
  /** All elements, of what is always the same; null where anything may be. */
  readonly values: readonly (number | string)[] | null;
}

/** What a worker is started with. */
export interface LoadOrder {
  readonly isolation: Isolation;
  readonly path: string;
  /** Put behind the file's own bytes. */
  readonly tail: Uint8Array | null;
  readonly runtime: RuntimeOptions;
  /** Options with one thread, for a model that turns out to be quick; null where the number of threads was asked for. */
  readonly single: RuntimeOptions | null;
  /** By which the threads of the process take turns; null: all may compute at once. */
  readonly turns: SharedArrayBuffer | null;
  /** Whether to find out which nodes ran where. */
  readonly place: boolean;
  /** Of the inputs that are made up for that. */
  readonly known: readonly KnownInput[];
  /** Whether to try if rows are independent. */
  readonly probe: boolean;
  /** The protocol that the worker speaks; null: none, only tensors. */
  readonly codec: Spoken | null;
  /** What is loaded where the artefact at `path` cannot be; null: nothing. */
  readonly original: Pick<LoadOrder, "path" | "runtime" | "single"> | null;
}

/** The first message of a worker: the model is loaded, or why it is not. */
export type Loaded =
  | {
      readonly signature: Signature;
      /** Names of all outputs in the model's order, those that cannot be read among them. */
      readonly outputs: readonly string[];
      /** What the probe saw; null where none was asked for. */
      readonly probed: Batching | null;
      /** Whether it runs on one thread, since more would not pay. */
      readonly single: boolean;
      /** What ran where; null where it was not asked, or is not known. */
      readonly placement: Placement | null;
      /** Why it is the original that was loaded; null where it is what was asked for. */
      readonly problem: PlainError | null;
    }
  | { readonly error: PlainError };

/**
 * One run: id, names of the wanted outputs, then shape and values of each input in the order of the signature.
 * Bare arrays, because names and types are known on both sides and a message of objects takes longer to clone.
 */
export type Ask = [id: number, outputs: readonly string[], ...tensors: Slot[]];

/** An answer: id, null or the error, then shape and values of each wanted output in the order they were asked. */
export type Answer = [id: number, error: PlainError | null, ...tensors: Slot[]];

export type Slot = readonly number[] | TensorData;

/**
 * Bodies of a protocol that came together: id, the word, most rows of one run, whether each one's digest is wanted, all
 * bodies one behind the other, where each ends, and in which dialect it is.
 */
export type AskBodies = [
  id: number,
  kind: "bodies",
  max: number,
  digest: boolean,
  bytes: Uint8Array,
  ends: readonly number[],
  dialects: readonly string[],
];

/**
 * All that a host says to a process. "leave": its model is to be let go; when "free" was answered, another may be ordered, unless the
 * process has ended.
 */
export type Request = LoadOrder | Ask | AskBodies | "leave";

/**
 * The answer to bodies: for each its text, its error, or null where the codec leaves it to the sender; the digests; how
 * many requests each run merged; and why rows cannot be told apart, where that was seen.
 */
export type BodiesAnswer = [
  id: number,
  error: null,
  replies: readonly (string | PlainError | null)[],
  digests: readonly string[],
  sizes: readonly number[],
  obstacle: string | null,
];

/**
 * Tensors of at least this many bytes are moved to the other thread, smaller ones are cloned into the message:
 * handing over a buffer costs some microseconds whatever its size.
 */
export const MOVE_FROM_BYTES = 32_768;

/** The buffers of a message that are worth moving. Each array must own its whole buffer. */
export function buffersToMove(message: Ask | AskBodies | Answer): ArrayBuffer[] {
  if (message[1] === "bodies") {
    const { buffer } = message[4] as Uint8Array<ArrayBuffer>;
    return buffer.byteLength >= MOVE_FROM_BYTES ? [buffer] : [];
  }
  const buffers: ArrayBuffer[] = [];
  for (let i = 3; i < message.length; i += 2) {
    const data = message[i];
    if (ArrayBuffer.isView(data) && data.byteLength >= MOVE_FROM_BYTES) {
      buffers.push(data.buffer as ArrayBuffer);
    }
  }
  return buffers;
}

/** The answer in place of a message that could not be sent. */
export function unsendable(id: number, cause: unknown): Answer {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return [id, toPlainError(fail("RUN_MEMORY", { problem }, { cause }))];
}

/** What an evaluator asks its thread: one run of one model. */
export interface Evaluation {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly feeds: Tensors;
  readonly runtime: RuntimeOptions;
}

export interface Evaluated {
  readonly id: number;
  readonly error: PlainError | null;
  readonly outputs: Tensors;
}
