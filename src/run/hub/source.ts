/** What a source is asked for. */
export interface ResolveOptions {
  /** The cache folder. @default $MODELYARD_CACHE or the XDG cache folder */
  cache?: string;
  /** Refuse any other file; 64 hexadecimal digits. */
  sha256?: string;
  signal?: AbortSignal;
  /** Bytes that are here and bytes in all (0 where nobody knows). */
  onProgress?(done: number, total: number): void;
}

/** A model file on this machine. */
export interface Resolved {
  readonly path: string;
  /** As it was asked for. */
  readonly source: string;
  readonly bytes: number;
  /** Of the file; null where nobody asked for it and it lies on this machine anyway. */
  readonly sha256: string | null;
}

/** One kind of source: a row of table.ts. */
export interface SourceKind {
  /** The scheme before the colon; "" for paths. */
  readonly scheme: string;
  /** As it is written: "npm:package@version/path". */
  readonly form: string;
  /** Known by its name alone: nothing is fetched from it yet. */
  readonly later?: true;
  resolve(
    source: string,
    options: Required<Pick<ResolveOptions, "cache">> & ResolveOptions,
  ): Promise<Resolved>;
}
