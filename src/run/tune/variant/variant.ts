import type { Precision } from "../../convert/index.ts";

/** One way to run a model. */
export interface Variant {
  readonly precision: Precision | "original";
  /** Whether it runs from an artefact, as `compile` makes it. */
  readonly compiled: boolean;
  readonly instances: number;
  readonly threads: number;
  /** Most rows of a batch that is formed from waiting requests; null: as the model is found to allow. */
  readonly batch: number | null;
}

export interface Grid {
  readonly precisions: readonly Variant["precision"][];
  readonly compiled: readonly boolean[];
  readonly instances: readonly number[];
  readonly threads: readonly number[];
  readonly batches: readonly (number | null)[];
}

/** Every combination; those that differ in how they are run stand together, since their files are made once. */
export function variantsOf({ precisions, compiled, instances, threads, batches }: Grid): Variant[] {
  return precisions.flatMap((precision) =>
    compiled.flatMap((isCompiled) =>
      instances.flatMap((each) =>
        threads.flatMap((one) =>
          batches.map((batch) => ({ precision, compiled: isCompiled, instances: each, threads: one, batch })),
        ),
      ),
    ),
  );
}

/** "int8, compiled, 2 × 1 thread, batch 8": what a table and the kept results call it. */
export function nameOf({ precision, compiled, instances, threads, batch }: Variant): string {
  return [
    precision,
    ...(compiled ? ["compiled"] : []),
    `${instances} × ${threads} ${threads === 1 ? "thread" : "threads"}`,
    ...(batch === null ? [] : [batch <= 1 ? "no batches" : `batch ${batch}`]),
  ].join(", ");
}
