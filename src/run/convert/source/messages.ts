import type { Tensor } from "../../../model/tensor/tensor.ts";

/** What a thread with a format's own runtime is started with. */
export interface SourceOrder {
  /** URL of the adapter's module. */
  readonly adapter: string;
  readonly folder: string;
  readonly file: Uint8Array;
  readonly kernels: number;
}

/** What it is asked, and what it says: first once that the model is open, then to each question in turn. */
export type SourceAsk = readonly Tensor[];
export type SourceSaid = { readonly outputs: readonly Tensor[] } | { readonly refusal: string };
