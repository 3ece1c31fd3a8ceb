import type { PlainError } from "../../../base/errors/index.ts";
import type { Placement } from "../../runtime/index.ts";
import type { BenchRow } from "../bench/bench.ts";
import type { Variant } from "./variant.ts";

/** Where a model's files are, and what it means. */
export interface Place {
  /** As the user named it: tells what its tensors mean. */
  readonly source: string;
  readonly cache?: string;
  /** The file that is run in its place, where a precision changed it. */
  readonly model?: string;
  /** The folder of its artefact, where it runs from one. */
  readonly artefact?: string;
}

export type Serving = Pick<Variant, "instances" | "threads" | "batch">;

/** What a variant costs. */
export interface CostOrder {
  readonly kind: "cost";
  readonly place: Place;
  readonly serving: Serving;
  readonly device?: string;
  /** Callers at once where throughput is measured. */
  readonly callers: number;
  readonly window: number;
  readonly warmUp: number;
  readonly windows: number;
}

/** How far the answers of a changed model are from the original's, or from the truth. */
export interface ErrorOrder {
  readonly kind: "error";
  readonly original: Place;
  readonly changed: Place;
  readonly device?: string;
  /** Paths of inputs as `run` takes them; none: inputs are made up. */
  readonly samples: readonly string[];
  /** What is right, by path; where a sample has none, the original's answer is. */
  readonly truths: Readonly<Record<string, unknown>>;
}

export type Order = CostOrder | ErrorOrder;

export interface Cost {
  /** Milliseconds from nothing to ready. */
  readonly load: number;
  /** Bytes that the process takes more than before it loaded runtime and model: its share of pages that others have too. */
  readonly memory: number;
  /** One caller. */
  readonly alone: BenchRow;
  readonly crowd: BenchRow;
  readonly place: UsedPlace;
}

/** Where a variant ran. */
export interface UsedPlace {
  /** That computed at least a part of it. */
  readonly device: string;
  /** What ran where; null of the processor alone, and where it is not known. */
  readonly placement: Placement | null;
  /** Why there; empty where a person named it, or where there was nothing to choose from. */
  readonly reason: string;
}

export interface Errors {
  /** What is measured, as a table heads it. */
  readonly title: string;
  /** From 0 to 1: of the changed model, and of the original, against the truth; where none is given, the original has 0. */
  readonly changed: number;
  readonly original: number;
  readonly samples: number;
  /** Samples whose truth was given. */
  readonly truths: number;
}

export type Reply = { readonly answer: Cost | Errors } | { readonly error: PlainError };
