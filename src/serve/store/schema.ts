import type { Generated } from "kysely";

/** The tables as TypeScript sees them; migrations/ makes them. */
export interface Schema {
  models: ModelsTable;
  answerers: AnswerersTable;
  predictions: PredictionsTable;
  keys: KeysTable;
}

/** All of them: whether they are there is looked at when a database is opened. */
export const COLUMNS: { readonly [Table in keyof Schema]: readonly (keyof Schema[Table])[] } = {
  models: ["name", "version", "digest", "source", "contract", "first_seen"],
  answerers: ["id", "model", "version", "digest", "task"],
  predictions: ["id", "request", "time", "answerer", "duration_ms", "status", "input_digest", "answer"],
  keys: ["id", "name", "scopes", "salt", "digest", "created", "last_used", "revoked"],
};

/** One row for each model, version and digest that was ever served. */
export interface ModelsTable {
  name: string;
  version: string;
  digest: string;
  source: string;
  /** JSON. */
  contract: string;
  /** Milliseconds since the epoch. */
  first_seen: number;
}

/** One row for each model, version, digest and task that ever answered. */
export interface AnswerersTable {
  id: Generated<number>;
  model: string;
  version: string;
  digest: string;
  task: string;
}

export interface PredictionsTable {
  /** In the order of writing. */
  id: Generated<number>;
  request: string;
  /** Milliseconds since the epoch. */
  time: number;
  answerer: number;
  duration_ms: number;
  status: number;
  input_digest: string;
  answer: string;
}

/** One row for each key that was ever made. */
export interface KeysTable {
  id: string;
  name: string;
  /** Joined by commas. */
  scopes: string;
  /** Hexadecimal. */
  salt: string;
  /** sha256 of salt and secret, hexadecimal. */
  digest: string;
  /** Milliseconds since the epoch. */
  created: number;
  last_used: number | null;
  revoked: number | null;
}
