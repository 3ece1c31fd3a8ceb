import type { PlainError } from "../../../base/errors/index.ts";
import type { RuntimeOptions } from "../worker/messages.ts";
import type { Comparison } from "./choice.ts";

/** What the process that compares is sent. */
export interface CompareOrder {
  readonly path: string;
  /** Id of the provider that is held to the processor. */
  readonly device: string;
  readonly cpu: RuntimeOptions;
  readonly runtime: RuntimeOptions;
}

export type Compared = { readonly comparison: Comparison } | { readonly error: PlainError };
