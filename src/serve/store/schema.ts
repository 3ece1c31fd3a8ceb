import type { Generated } from "kysely";

/** The tables as TypeScript sees them; migrations/ makes them. */
export interface Schema {
  models: ModelsTable;
  predictions: PredictionsTable;
}

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

export interface PredictionsTable {
  /** In the order of writing. */
  id: Generated<number>;
  request: string;
  /** Milliseconds since the epoch. */
  time: number;
  model: string;
  version: string;
  digest: string;
  task: string;
  duration_ms: number;
  status: number;
  input_digest: string;
  answer: string;
}
