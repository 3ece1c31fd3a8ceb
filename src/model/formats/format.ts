import type { ModelSink } from "../../base/sinks/index.ts";
import type { ByteSource, ModelSource } from "../../base/sources/source.ts";
import type { Model } from "../graph/graph.ts";

/** A row of formats/table.ts. */
export interface Format {
  /** Short stable name: "onnx", "tflite". */
  readonly id: string;
  /** As a person says it: "ONNX", "TensorFlow Lite". */
  readonly title: string;
  readonly extensions: readonly string[];
  /**
   * How sure the first bytes (up to 512, fewer if the file is shorter) and the name make us, 0 to 1.
   * Magic outweighs the extension.
   */
  sniff(head: Uint8Array, name: string, size: number): number;
  /**
   * Looks into a container, whose first bytes do not tell what it is: the format by what lies in it; null where the file is
   * no such container. Asked where `sniff` was surest here, or nowhere sure.
   * @throws what is wrong with the container
   */
  readonly look?: (source: ByteSource, head: Uint8Array, signal?: AbortSignal) => Promise<Format | null>;
  /** Loads the reader; absent where the format is only recognised. */
  readonly load?: () => Promise<FormatReader>;
  /** Loads the writer; absent where models are not written in the format. */
  readonly loadWriter?: () => Promise<FormatWriter>;
  /** For formats without a reader: what a person can do with such a file today. */
  readonly advice?: string;
  /** It is no model at all, and nobody waits for it to be read. */
  readonly never?: true;
}

export interface FormatReader {
  /**
   * Reads the file's structure; constant tensors stay in the file.
   * @throws MODEL_* coded errors that name the byte.
   */
  read(source: ModelSource, signal?: AbortSignal): Promise<Model>;
}

export interface WriteOptions {
  /**
   * Where weights go: "always" into one file beside the model, "never", or "auto": only where the model would otherwise be
   * larger than its format allows.
   * @default "auto"
   */
  readonly external?: "auto" | "always" | "never";
  /** Bytes from which a constant tensor counts as a weight. @default 1024 */
  readonly externalFrom?: number;
  readonly signal?: AbortSignal;
}

export interface WriteReport {
  /** Id of the format. */
  readonly format: string;
  /** The main file first. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** Tensors that lie in a file beside the model. */
  readonly external: number;
  /** Constant nodes that stand as initializers in the file; of those that are copied, an Identity is left. */
  readonly lifted: { readonly nodes: number; readonly copied: number };
  /** What a person should know of how it was written. */
  readonly notes: readonly string[];
}

export interface FormatWriter {
  /** Writes the files of a sink, which the caller commits or aborts. */
  write(model: Model, sink: ModelSink, options: WriteOptions): Promise<WriteReport>;
}
