import type { PlainError } from "../../base/errors/index.ts";
import type { KeyRow, KeyUse, ModelRow, PredictionQuery, PredictionRow } from "./store.ts";

/** What the worker is told when it starts. */
export interface StoreOrder {
  readonly folder: string;
  readonly maxRows: number;
}

export type Cell = string | number;

/** Who answered: the same for nearly all rows of a log, and so sent once for all. */
export type Answerer = Pick<PredictionRow, "model" | "version" | "digest" | "task">;

/** The columns of the table of predictions that the log fills, in the order in which their cells are sent. */
export const LOGGED = [
  "request",
  "time",
  "answerer",
  "duration_ms",
  "status",
  "input_digest",
  "answer",
] as const;

/** Where in a row's cells the number of its answerer stands: an index into the message's list. */
export const ANSWERER = LOGGED.indexOf("answerer");

/**
 * Appends the cells of a row. All rows go to the worker as one flat list: a list of objects takes several times as long to
 * cross to another thread, and until then each of them is one more thing for the collector to move about.
 *
 * @param answerer index of whoever answered
 */
export function pushCells(cells: Cell[], row: PredictionRow, answerer: number): void {
  cells.push(row.id, Math.round(row.time), answerer, row.durationMs, row.status, row.inputDigest, row.answer);
}

/** What the store asks of its worker; each is answered by a Reply of the same number. */
export type Ask =
  | { readonly kind: "log"; readonly answerers: readonly Answerer[]; readonly cells: readonly Cell[] }
  | { readonly kind: "record"; readonly row: ModelRow }
  | { readonly kind: "predictions"; readonly query: PredictionQuery }
  | { readonly kind: "models" }
  | { readonly kind: "keys" }
  | { readonly kind: "add key"; readonly row: KeyRow }
  | { readonly kind: "revoke key"; readonly id: string; readonly time: number }
  | { readonly kind: "note uses"; readonly uses: readonly KeyUse[] }
  | { readonly kind: "close" };

export interface Question {
  readonly number: number;
  readonly ask: Ask;
}

export type Reply =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: PlainError };
