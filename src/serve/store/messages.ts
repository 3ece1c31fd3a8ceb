import type { PlainError } from "../../base/errors/index.ts";
import type { ModelRow, PredictionQuery, PredictionRow } from "./store.ts";

/** What the worker is told when it starts. */
export interface StoreOrder {
  readonly folder: string;
  readonly maxRows: number;
}

export type Cell = string | number;

/** The columns of the table of predictions that the log fills, in the order in which their cells are sent. */
export const LOGGED = [
  "request",
  "time",
  "model",
  "version",
  "digest",
  "task",
  "duration_ms",
  "status",
  "input_digest",
  "answer",
] as const;

/**
 * Appends the cells of a row. All rows go to the worker as one flat list: a list of objects takes several times as long to
 * cross to another thread, and until then each of them is one more thing for the collector to move about.
 */
export function pushCells(cells: Cell[], row: PredictionRow): void {
  const { id, time, model, version, digest, task, durationMs, status, inputDigest, answer } = row;
  cells.push(id, Math.round(time), model, version, digest, task, durationMs, status, inputDigest, answer);
}

/** What the store asks of its worker; each is answered by a Reply of the same number. */
export type Ask =
  | { readonly kind: "log"; readonly cells: readonly Cell[] }
  | { readonly kind: "record"; readonly row: ModelRow }
  | { readonly kind: "predictions"; readonly query: PredictionQuery }
  | { readonly kind: "models" }
  | { readonly kind: "close" };

export interface Question {
  readonly number: number;
  readonly ask: Ask;
}

export type Reply =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: PlainError };
