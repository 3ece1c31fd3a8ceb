import type { ModelSource } from "../../base/sources/source.ts";
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
  /** Loads the reader; absent where the format is only recognised. */
  readonly load?: () => Promise<FormatReader>;
  /** For formats without a reader: what a person can do with such a file today. */
  readonly advice?: string;
}

export interface FormatReader {
  /**
   * Reads the file's structure; constant tensors stay in the file.
   * @throws MODEL_* coded errors that name the byte.
   */
  read(source: ModelSource, signal?: AbortSignal): Promise<Model>;
}
