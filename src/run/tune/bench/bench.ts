import { isModelyardError } from "../../../base/errors/index.ts";
import { seededRandom } from "../../convert/inputs/random.ts";
import { availableCpus } from "../../runtime/index.ts";
import type { Load } from "../load/load.ts";
import type { Latency } from "../load/samples.ts";
import { type Measured, measureSteady } from "../load/steady.ts";
import type { Subject } from "../load/subject.ts";

export interface BenchOptions {
  readonly loads: readonly Load[];
  /** Seconds of one window. @default 1 */
  readonly window?: number;
  /** Seconds before the first window of each load. @default 1 */
  readonly warmUp?: number;
  /** Windows at most, for each load. @default 10 */
  readonly windows?: number;
  /** Of the gaps of Poisson arrivals. @default 1 */
  readonly seed?: number;
  readonly signal: AbortSignal;
  onRow?(row: BenchRow): void;
}

/** One load, measured. Latencies are milliseconds. */
export interface BenchRow {
  readonly load: Load;
  /** Answers a second. */
  readonly throughput: number;
  /** null where nothing was answered. */
  readonly latency: Latency | null;
  readonly answered: number;
  /** Failed requests by code, with what the first of each said. */
  readonly failed: Readonly<Record<string, { readonly count: number; readonly message: string }>>;
  /** Requests of an open load that were not sent, since thousands waited already. */
  readonly unsent: number;
  readonly windows: number;
  /** Whether three windows in a row agreed within a tenth, in throughput and in the median latency. */
  readonly stable: boolean;
  /** Processor seconds of one answer, and bytes in memory; null where what answers does not tell. */
  readonly cpuSeconds: number | null;
  readonly residentBytes: number | null;
}

export interface BenchReport {
  readonly name: string;
  /** Where it answered, in a few words. */
  readonly place: string;
  /** Processors that this process may use. */
  readonly processors: number;
  readonly rows: readonly BenchRow[];
}

/**
 * Measures a subject under one load after the other.
 * @throws what the first request failed with,; what aborts the signal
 */
export async function bench(subject: Subject, options: BenchOptions): Promise<BenchReport> {
  const { loads, window = 1, warmUp = 1, windows = 10, seed = 1, signal, onRow } = options;
  const random = seededRandom(seed).next;
  const rows: BenchRow[] = [];
  // Said at once, and as it is, rather than as a column of failures.
  await subject.ask();
  for (const load of loads) {
    const measured = await measureSteady(subject, load, {
      window,
      warmUp,
      most: windows,
      random,
      codeOf,
      signal,
    });
    const row = rowOf(measured);
    rows.push(row);
    onRow?.(row);
  }
  return { name: subject.name, place: subject.place, processors: availableCpus(), rows };
}

function codeOf(error: unknown): string {
  if (isModelyardError(error)) return error.code;
  return error instanceof Error ? error.name : "unknown";
}

function rowOf({ failures, latency, ...rest }: Measured): BenchRow {
  const failed = [...failures].map(([code, { count, first }]) => {
    const message = first instanceof Error ? first.message : String(first);
    return [code, { count, message }] as const;
  });
  return { ...rest, latency: rest.answered > 0 ? latency : null, failed: Object.fromEntries(failed) };
}
