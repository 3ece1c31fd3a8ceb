import type { ModelyardError } from "../../base/errors/index.ts";
import type { Contract, ModelFile } from "../../model/contract/contract.ts";
import type { Reason } from "../../model/contract/index.ts";
import type { Signature, Tensors } from "../../model/tensor/tensor.ts";
import type { Placement } from "../runtime/placement.ts";
import type { MemoryStats } from "../runtime/residency/residency.ts";
import type { RunOptions, Session, SessionStats, Stream } from "../runtime/session.ts";
import type { TaskEvent, TaskExample, TaskInput } from "../tasks/task.ts";
import type { StepStats } from "./graph/step.ts";

/** Who a model is, everywhere. */
export interface ModelId {
  readonly name: string;
  /** Decimal digits, "1" where nothing says otherwise. */
  readonly version: string;
  /** sha256 of the model file, hexadecimal. */
  readonly digest: string;
}

/** What a codec for a model may be made from, before the model is loaded. */
export interface SpokenModel {
  readonly name: string;
  readonly version: string;
  /** As opened; see `narrow` for what the session's own becomes by it. */
  readonly signature: Signature;
  readonly contract: Contract;
  readonly file: ModelFile;
}

export type ModelState = "waiting" | "fetching" | "loading" | "ready" | "unavailable" | "unloading";

export interface ModelStatus {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  /** Why it is unavailable, or how far the fetching is. */
  readonly reason: string;
  /** Bytes fetched and bytes in all, while fetching. */
  readonly progress?: { readonly done: number; readonly total: number };
  /** Whether a ready model is in memory; the next request loads one that is not. */
  readonly loaded?: boolean;
}

/** All that a page or a program needs to know of a ready model; plain data. */
export interface ModelCard {
  readonly id: ModelId;
  readonly description: string;
  readonly license: string;
  /** "onnxruntime_onnx" for ONNX, as the Open Inference Protocol's `platform`. */
  readonly platform: string;
  readonly signature: Signature;
  readonly contract: Contract;
  /** Each statement of the contract with its reason. */
  readonly reasons: readonly Reason[];
  /** The sentence of `inspect`. */
  readonly summary: string;
  readonly task: {
    readonly id: string;
    readonly title: string;
    readonly accepts: { readonly kind: string; readonly mediaTypes: readonly string[] };
    readonly answer: Readonly<Record<string, unknown>>;
  } | null;
  /** Whether its task is all that sees what it is asked: no module stands around it, and it is no pipeline. */
  readonly plain: boolean;
  readonly stateful: boolean;
  readonly maxBatch: number;
  /** Where it runs and why; null of a pipeline, whose models have each their own. */
  readonly device: {
    readonly name: string;
    readonly reason: string;
    readonly placement: Placement | null;
  } | null;
  readonly versions: readonly string[];
  /** model.yaml, with what config.pbtxt says filled in. */
  readonly file: ModelFile;
}

/** A hold on one resolved version until the request is answered; unloading waits for it. */
export interface Lease {
  readonly card: ModelCard;
  /** Why the model would not answer at this moment; null where it would. A request may come nevertheless, and waits. */
  refusal(): ModelyardError | null;
  /** Named tensors in, named tensors out, as the signature says. */
  infer(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  /** A body of the catalogue's protocol answered where the model runs; null where that cannot be. See Session. */
  readonly exchange: Session["exchange"] | null;
  /** A new stream of a stateful model; its states begin at zero. */
  stream(): Stream;
  /**
   * The task's answer; for models without a task, named tensors.
   * @param parameters task options of this one request, over those of the model
   */
  predict(
    input: TaskInput,
    signal?: AbortSignal,
    parameters?: Readonly<Record<string, unknown>>,
  ): AsyncGenerator<TaskEvent, void, void>;
  example(): Promise<TaskExample | null>;
  release(): void;
}

/** How a ready model is run, at this moment. */
export interface Running {
  readonly id: ModelId;
  readonly stats: SessionStats;
  /** Of a pipeline; none of a model. */
  readonly steps: readonly StepStats[];
}

export interface Catalogue {
  /** Every model that was found, ready or not. */
  status(): readonly ModelStatus[];
  /** Of every model that is ready. */
  running(): readonly Running[];
  /**
   * @param version decimal digits, or undefined for the newest that is ready
   * @throws MODEL_UNKNOWN, MODEL_VERSION_UNKNOWN, MODEL_NOT_READY
   */
  lease(name: string, version?: string): Lease;
  /** Of the budget that models share; null where there is none. */
  memory(): MemoryStats | null;
  /** Calls back after every change of a status; returns the function that ends it. */
  onChange(listener: (status: ModelStatus) => void): () => void;
  /** Waits for the leases, then unloads everything. */
  close(): Promise<void>;
}
