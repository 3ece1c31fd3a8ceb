import type { Contract } from "../model/contract/contract.ts";
import type { Reason } from "../model/contract/explain.ts";
import type { TensorSpec } from "../model/tensor/tensor.ts";

export type ModelState = "waiting" | "fetching" | "loading" | "ready" | "unavailable" | "unloading";

/** What a server's list shows of a ready model. */
export interface ModelInfo {
  /** sha256 of the model file, hexadecimal. */
  readonly digest: string;
  readonly description: string;
  readonly license: string;
  readonly platform: string;
  /** What goes in and what comes out, in a sentence. */
  readonly summary: string;
  readonly task: {
    readonly id: string;
    /** As a person says it. */
    readonly title: string;
    readonly accepts: { readonly kind: string; readonly mediaTypes: readonly string[] };
    /** JSON Schema of the answer. */
    readonly answer: Readonly<Record<string, unknown>>;
  } | null;
  readonly stateful: boolean;
  readonly maxBatch: number;
  readonly versions: readonly string[];
}

/** One model of the list, ready or not. */
export interface ModelEntry {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  /** Why it is unavailable, or how far it is. */
  readonly reason: string;
  /** Bytes fetched, and bytes in all. */
  readonly progress?: { readonly done: number; readonly total: number };
  readonly card?: ModelInfo;
}

/** All about one model. */
export interface ModelDetail extends ModelInfo {
  readonly name: string;
  readonly version: string;
  readonly signature: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] };
  /** Where it runs and why; null of a pipeline. */
  readonly device: {
    /** As in `--device`. */
    readonly name: string;
    /** Empty where a person named it. */
    readonly reason: string;
    /** Which nodes run where; null of the processor alone, and where it is not known. */
    readonly placement: {
      readonly nodes: number;
      readonly computing: number;
      readonly shares: readonly {
        readonly device: string;
        readonly nodes: number;
        readonly computing: number;
        readonly operators: Readonly<Record<string, number>>;
      }[];
    } | null;
  } | null;
  readonly contract: Contract;
  /** Each statement of the contract with its value, where it comes from and how sure it is. */
  readonly reasons: readonly Reason[];
  /** Lines that ask this model, to be copied. */
  readonly examples: { readonly curl: string; readonly typescript: string };
}

/** A tensor as the Open Inference Protocol writes it. */
export interface ProtocolTensor {
  readonly name: string;
  /** "FP32", "INT64", "BYTES" … */
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

export interface InferRequest {
  readonly id?: string;
  readonly inputs: readonly ProtocolTensor[];
  readonly outputs?: readonly { readonly name: string }[];
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface InferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly outputs: readonly ProtocolTensor[];
}
