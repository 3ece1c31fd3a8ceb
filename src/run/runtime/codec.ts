import type { Signature, Tensors } from "../../model/tensor/tensor.ts";

/** What a body asks of the model, in a protocol's words; the codec may keep more in it, for the answer. */
export interface Question {
  readonly feeds: Tensors;
  /** Names of the outputs wanted. */
  readonly outputs: readonly string[];
}

/**
 * A protocol, spoken in the thread that runs the model: there it costs the main thread nothing, and reading one body
 * goes on while others arrive.
 */
export interface Codec<Q extends Question = Question> {
  /**
   * Null for a body that asks for more than one run with its answer: that is left to whoever sent it here.
   * @throws coded errors, which become the answer
   */
  read(body: Uint8Array, dialect: string): Q | null;
  /** The answer, as text. */
  write(question: Q, outputs: Tensors): string;
}

/** What a codec is told of the model that it speaks for. */
export interface CodecModel {
  readonly signature: Signature;
  /** Whether requests are merged, so that their first dimension counts rows. */
  readonly merges: boolean;
}

/** A codec as plain data, so that it can be made in another thread or process. */
export interface CodecOrder {
  /** URL of a module that exports `openCodec(options, model: CodecModel): Codec`. */
  readonly module: string;
  readonly options: unknown;
}

/** A codec with the feeds that no body brings. */
export interface Spoken extends CodecOrder {
  readonly constants: Tensors;
}

/** The answer to one body. */
export interface Exchanged {
  readonly text: string;
  /** sha256 of the body, hexadecimal; "" where it was not asked for. */
  readonly digest: string;
}
