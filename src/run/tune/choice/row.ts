import type { UsedPlace } from "../variant/messages.ts";
import type { Variant } from "../variant/variant.ts";

/** A variant with what it costs. */
export interface TuneRow {
  readonly name: string;
  readonly variant: Variant;
  /** null where it could not be made or measured: then `failed` says why. */
  readonly figures: Figures | null;
  /** null where it was not measured. */
  readonly place: UsedPlace | null;
  readonly failed: { readonly code: string; readonly message: string } | null;
}

export interface Figures {
  /** Milliseconds, one caller, the median; and what 99 of a hundred did not exceed. */
  readonly latency: number;
  readonly p99: number;
  /** Answers a second with many callers. */
  readonly throughput: number;
  /** Bytes in memory while it answers. */
  readonly memory: number;
  /** Bytes on disk. */
  readonly size: number;
  /** Milliseconds. */
  readonly load: number;
  /** How much more wrong it is than the original, from 0 to 1. */
  readonly error: number;
  /** Whether its windows agreed. */
  readonly stable: boolean;
}

/** What a figure is called, and whether less of it is better. */
export const FIGURES = {
  latency: { title: "latency, ms", less: true },
  throughput: { title: "answers a second", less: false },
  memory: { title: "memory", less: true },
  size: { title: "size", less: true },
  load: { title: "load, ms", less: true },
  error: { title: "error", less: true },
} as const satisfies Partial<Record<keyof Figures, { title: string; less: boolean }>>;

export type FigureName = keyof typeof FIGURES;
