import { stat } from "node:fs/promises";
import { join } from "node:path";
import { sourceOf } from "../pipeline/compile.ts";
import type { OpenedModel } from "../pipeline/index.ts";
import { availableCpus, demandDevice, makerHere } from "../runtime/index.ts";
import { type Choice, choose, type Limits } from "./choice/choose.ts";
import { frontOf } from "./choice/front.ts";
import type { FigureName, Figures, TuneRow } from "./choice/row.ts";
import { type Kept, Results } from "./kept.ts";
import { Preparing } from "./prepare.ts";
import { measure } from "./variant/child.ts";
import type { Cost, Errors, Place } from "./variant/messages.ts";
import { type Grid, nameOf, type Variant, variantsOf } from "./variant/variant.ts";

/** Of what is kept of a search; what has another one is measured again. */
const FORM = 2;

export interface TuneOptions {
  /** Folder for results, files, the report and the choice. */
  readonly out: string;
  readonly grid: Grid;
  /** As the user named the model. */
  readonly source: string;
  readonly cache?: string;
  readonly device?: string;
  /** Paths of inputs as `run` takes them; without, inputs are made up. */
  readonly samples: readonly string[];
  /** What is right, by path of a sample: a label, a text, or an answer as the task gives it. */
  readonly truths: Readonly<Record<string, unknown>>;
  readonly callers: number;
  readonly window: number;
  readonly warmUp: number;
  readonly windows: number;
  readonly limits: Limits;
  readonly goal: FigureName;
  readonly signal: AbortSignal;
  onStep?(step: TuneStep): void;
}

export interface TuneStep {
  readonly name: string;
  readonly done: number;
  readonly of: number;
  readonly row?: TuneRow;
}

export interface TuneReport {
  readonly name: string;
  readonly source: string;
  readonly processors: number;
  /** As it was asked for; where each variant ran, its row says. */
  readonly device: string;
  readonly callers: number;
  readonly samples: number;
  readonly truths: number;
  /** What error is measured in. */
  readonly metric: string;
  /** The original's own error against the truth; null where none was given. */
  readonly originalError: number | null;
  readonly limits: Limits;
  readonly goal: FigureName;
  readonly rows: readonly (TuneRow & { readonly front: boolean; readonly chosen: boolean })[];
  readonly nearest: Choice["nearest"];
}

/**
 * Measures variants of a model, each in a process of its own, and picks one.
 * @throws RUN_DEVICE_ABSENT, RUN_DEVICE_UNKNOWN, TUNE_FOLDER, TUNE_SAMPLE, FILE_*, ABORTED; of a single variant that cannot be made or run the report tells
 */
export async function tune(opened: OpenedModel, options: TuneOptions): Promise<TuneReport> {
  const { out, grid, source, cache, samples, truths, signal, onStep } = options;
  // As `run` and `serve` take it.
  const device = options.device ?? opened.file.serving?.device ?? "auto";
  await demandDevice(device);
  const { callers, window, warmUp, windows } = options;
  const measuring = { callers, window, warmUp, windows, device };
  const results = await Results.open(out, {
    form: FORM,
    source: await sourceOf(opened, { path: opened.path }),
    samples: await Promise.all(samples.map(stamp)),
    truths,
    measuring,
    processors: availableCpus(),
    machine: makerHere(),
  });
  const origin: Place = { source, ...(cache === undefined ? {} : { cache }) };
  const preparing = new Preparing(opened, join(out, "models"), origin, signal);
  const variants = variantsOf(grid);
  const errors = new Map<Variant["precision"], Kept<Errors>>();
  for (const precision of new Set(["original" as const, ...grid.precisions])) {
    const compare = async () => {
      const { place } = await preparing.files({ precision, compiled: false });
      return measure({ kind: "error", original: origin, changed: place, device, samples, truths }, signal);
    };
    // Samples that the model itself does not take are no fault of a variant.
    const kept = await results.error(precision, compare, precision === "original");
    errors.set(precision, kept);
  }
  const rows: TuneRow[] = [];
  for (const [done, variant] of variants.entries()) {
    const name = nameOf(variant);
    onStep?.({ name, done, of: variants.length });
    const cost = await results.cost(name, async () => {
      const { place, size } = await preparing.files(variant);
      return { ...(await measure({ kind: "cost", place, serving: variant, ...measuring }, signal)), size };
    });
    const row = rowOf(variant, cost, errors.get(variant.precision));
    rows.push(row);
    onStep?.({ name, done: done + 1, of: variants.length, row });
  }
  const base = errors.get("original");
  const own = base && "value" in base ? base.value : null;
  const front = frontOf(rows);
  const { chosen, nearest } = choose(rows, options.limits, options.goal);
  return {
    name: opened.name,
    source,
    processors: availableCpus(),
    device,
    callers,
    samples: own?.samples ?? 0,
    truths: own?.truths ?? 0,
    metric: own?.title ?? "",
    originalError: own && own.truths > 0 ? own.original : null,
    limits: options.limits,
    goal: options.goal,
    rows: rows.map((row) => ({ ...row, front: front.has(row), chosen: row === chosen })),
    nearest,
  };
}

function rowOf(
  variant: Variant,
  cost: Kept<Cost & { size: number }>,
  error: Kept<Errors> | undefined,
): TuneRow {
  const name = nameOf(variant);
  const missing = { name, variant, figures: null, place: null };
  if ("failed" in cost) return { ...missing, failed: cost.failed };
  const { alone, crowd, memory, size, load, place } = cost.value;
  if (!error || "failed" in error) return { ...missing, place, failed: error?.failed ?? null };
  if (!alone.latency) return { ...missing, place, failed: firstFailure(alone.failed) };
  const figures: Figures = {
    latency: alone.latency.p50,
    p99: alone.latency.p99,
    throughput: crowd.throughput,
    memory,
    size,
    load,
    error: Math.max(0, error.value.changed - error.value.original),
    stable: alone.stable && crowd.stable,
  };
  return { name, variant, figures, place, failed: null };
}

function firstFailure(failed: Cost["alone"]["failed"]): TuneRow["failed"] {
  const [first] = Object.entries(failed);
  return first ? { code: first[0], message: first[1].message } : null;
}

/** What tells that a sample is another one. */
async function stamp(path: string): Promise<readonly [string, number, number]> {
  const info = await stat(path).catch(() => null);
  return [path, info?.size ?? 0, info?.mtimeMs ?? 0];
}
