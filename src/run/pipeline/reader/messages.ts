import type { PlainError } from "../../../base/errors/index.ts";
import type { Contract, ModelFile } from "../../../model/contract/contract.ts";
import type { Signature } from "../../../model/tensor/tensor.ts";
import type { Runnable } from "../../convert/runnable.ts";
import type { Found } from "../folder.ts";
import type { Words } from "../labels.ts";
import type { ModelPart } from "../open-file.ts";

/** What the reader's thread is asked. */
export interface ReaderAsk {
  readonly kind: keyof ReaderAnswers;
  /** Where the file lies on this machine. */
  readonly path: string;
  readonly found: Found;
  /** The hub's cache folder. */
  readonly cache: string;
  /** sha256 of the file, where it was compared when it was fetched: a second time is a hundred milliseconds for some models. */
  readonly digest?: string;
  /** Of `packed`: which file. */
  readonly name?: string;
}

/** What is answered to each kind. */
export interface ReaderAnswers {
  read: Description;
  /** A model of another format is converted. */
  convert: Runnable;
  /** The bytes of a file that lies inside the model's own. */
  packed: Uint8Array;
}

/** All that serving needs to know of a model, as plain data. */
export interface Description {
  readonly bytes: number;
  readonly files: readonly ModelPart[];
  readonly format: string;
  readonly signature: Signature;
  readonly contract: Contract;
  readonly summary: string;
  /** Id of the task. */
  readonly task: string;
  readonly file: ModelFile;
  readonly warnings: readonly string[];
  readonly words: Words;
  /** sha256 of the model file. */
  readonly digest: string;
  /** What the runtime is given; null where the model is yet to be converted. */
  readonly runnable: Runnable | null;
  /** Files that lie inside the model's own. */
  readonly packed: readonly string[];
}

export type ReaderReply = { readonly value: unknown } | { readonly error: PlainError };
