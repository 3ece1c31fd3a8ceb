/** Bytes that are written one after the other. */
export interface ByteSink {
  /** For messages: the path. */
  readonly name: string;
  /** Bytes written so far. */
  readonly position: number;
  /**
   * The bytes may be reused by the caller once the promise has settled.
   * @throws FILE_UNWRITABLE, FILE_DISK_FULL
   */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Where a model is written: its main file, and files beside it. Nothing is visible under its final name before `commit`,
 * which puts all of it in place; `abort` leaves no trace.
 */
export interface ModelSink {
  /** Base name of the main file, e.g. "model.onnx". */
  readonly name: string;
  main(): Promise<ByteSink>;
  /** A file beside the main one, by its base name. */
  beside(name: string): Promise<ByteSink>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}
