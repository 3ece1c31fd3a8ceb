/**
 * Bytes that can be read in pieces: a buffer, a file, a remote file. Offsets are exact integers up to 2^53.
 * Nobody may ask for a whole file of unknown size: read the header, then what is needed.
 */
export interface ByteSource {
  /** For messages: the path or URL. */
  readonly name: string;
  readonly size: number;
  /**
   * Reads exactly `length` bytes at `offset`.
   * @throws FILE_TRUNCATED when the source ends before `offset + length`.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * The same into bytes that the caller has, as many as they are: gigabytes flow without gigabytes of garbage. Absent where
   * `read` makes nothing anew.
   */
  readInto?(offset: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a format reader receives: the file itself and access to files beside it. */
export interface ModelSource {
  readonly main: ByteSource;
  /**
   * Opens a file beside the main one, by a path relative to its folder with `/` between the parts.
   * Resolves to null where there is none.
   * @throws FILE_ESCAPES_FOLDER for `..`, absolute paths, and links that lead out of the folder.
   */
  sibling(name: string): Promise<ByteSource | null>;
  /** Closes the main source and every sibling that was opened. */
  close(): Promise<void>;
}
