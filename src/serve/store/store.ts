/** One answered request, as the log keeps it. */
export interface PredictionRow {
  /** The request's id. */
  id: string;
  /** Milliseconds since the epoch. */
  time: number;
  model: string;
  version: string;
  digest: string;
  /** "tensors" for the Open Inference Protocol, else the task's id. */
  task: string;
  durationMs: number;
  /** HTTP status of the answer. */
  status: number;
  /** sha256 of the request's input, hexadecimal. */
  inputDigest: string;
  /** The answer as JSON, cut at MAX_ANSWER characters; the error code where the request failed. */
  answer: string;
}

export interface ModelRow {
  name: string;
  version: string;
  digest: string;
  source: string;
  contract: string;
  firstSeen: number;
}

/** A key as the database has it: never the key itself, nor anything that it could be found from. */
export interface KeyRow {
  /** The part of the key that is no secret, by which it is found. */
  id: string;
  /** Whose it is, as a person wrote it. */
  name: string;
  scopes: readonly string[];
  /** Random, hexadecimal; and sha256 of it and the secret. */
  salt: string;
  digest: string;
  /** Milliseconds since the epoch; null for never. */
  created: number;
  lastUsed: number | null;
  revoked: number | null;
}

export interface KeyUse {
  readonly id: string;
  readonly time: number;
}

/** Who may ask. All of them are read at once: they are few, and a server holds them in memory. */
export interface KeyStore {
  keys(): Promise<KeyRow[]>;
  addKey(row: KeyRow): Promise<void>;
  /** Leaves the time of one that was revoked before. */
  revokeKey(id: string, time: number): Promise<void>;
  noteUses(uses: readonly KeyUse[]): Promise<void>;
}

export interface PredictionQuery {
  model?: string;
  status?: number;
  /** Newest first; at most this many. @default 20 */
  limit?: number;
  /** Only rows before this time, for paging. */
  before?: number;
}

/**
 * What the server remembers. Asynchronous and off the main thread: when it is slow, full or gone, answers go on
 * and what was not written is counted.
 */
export interface Store extends KeyStore {
  /** Never waits and never throws: rows over the bound are dropped and counted. */
  logPrediction(row: PredictionRow): void;
  /** Rows written, waiting, and dropped since the start. */
  counts(): { written: number; waiting: number; dropped: number };
  recordModel(row: ModelRow): Promise<void>;
  predictions(query?: PredictionQuery): Promise<PredictionRow[]>;
  models(): Promise<ModelRow[]>;
  /** Resolves when everything logged so far has been written or dropped. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
