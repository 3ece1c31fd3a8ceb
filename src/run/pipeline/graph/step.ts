import { fail, isModelyardError, ModelyardError, toPlainError } from "../../../base/errors/index.ts";
import type { Schema } from "./schema.ts";

export interface StepOptions {
  readonly signal?: AbortSignal;
  /** Options of the task, of this one request. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** What a step gave, and what its task found odd. */
export interface StepAnswer {
  readonly value: unknown;
  readonly warnings: readonly string[];
}

/** What stands behind a step: a model with its task, or a function. */
export interface Runner {
  readonly takes: Schema;
  readonly gives: Schema;
  run(value: unknown, options: StepOptions): Promise<StepAnswer>;
  /** Says what it is, for the identity of the pipeline. */
  readonly digest: string;
  close(): Promise<void>;
}

/** Since the pipeline was loaded. */
export interface StepStats {
  readonly step: string;
  readonly runs: number;
  readonly failed: number;
  readonly seconds: number;
}

/** The error of a step says which: beside what it said of its place itself. Its code stays. */
export function inStep(step: string, error: unknown): ModelyardError {
  const plain = toPlainError(error);
  // Whoever went away need not be told where.
  if (plain.code === "ABORTED") return isModelyardError(error) ? error : fail("ABORTED", {});
  // One entry of a list has been named already.
  if (isModelyardError(error) && error.where?.startsWith(`step ${step}[`)) return error;
  const where = `step ${step}${plain.where === undefined ? "" : `, ${plain.where}`}`;
  const cause = isModelyardError(error) ? error.cause : error;
  return new ModelyardError({ ...plain, where }, cause);
}
