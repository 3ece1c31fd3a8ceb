import type { PlainError } from "../../../base/errors/index.ts";
import type { KnownInput, RuntimeOptions } from "../worker/messages.ts";
import type { Comparison } from "./choice.ts";

/** What the process that compares is sent. */
export interface CompareOrder {
  readonly path: string;
  /** Id of the provider that is held to the processor. */
  readonly device: string;
  readonly cpu: RuntimeOptions;
  readonly runtime: RuntimeOptions;
  /** Of the inputs, which are made up. */
  readonly known: readonly KnownInput[];
}

export type Compared = { readonly comparison: Comparison } | { readonly error: PlainError };
