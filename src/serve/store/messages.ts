import type { PlainError } from "../../base/errors/index.ts";
import type { ModelRow, PredictionQuery, PredictionRow } from "./store.ts";

/** What the worker is told when it starts. */
export interface StoreOrder {
  readonly folder: string;
  readonly maxRows: number;
}

/** What the store asks of its worker; each is answered by a Reply of the same number. */
export type Ask =
  | { readonly kind: "log"; readonly rows: readonly PredictionRow[] }
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
