import { type Failure, type Load, measureWindow, type Window, type WindowOptions } from "./load.ts";
import { type Latency, Samples } from "./samples.ts";
import type { Subject, Usage } from "./subject.ts";

/** Windows that have to agree, and within what, before a load counts as measured. */
export const WINDOWS = 3;
export const AGREEMENT = 0.1;

export interface SteadyOptions extends Omit<WindowOptions, "seconds"> {
  /** Of one window. */
  readonly window: number;
  /** Before the first window. */
  readonly warmUp: number;
  /** Windows at most; if none three of them agree by then, the last three are taken and the result says so. */
  readonly most: number;
}

/** A load, measured. */
export interface Measured {
  readonly load: Load;
  /** Answers a second. */
  readonly throughput: number;
  /** Milliseconds; NaN where nothing was answered. */
  readonly latency: Latency;
  readonly answered: number;
  readonly failures: ReadonlyMap<string, Failure>;
  readonly unsent: number;
  /** Windows that were measured, and whether the last three agree within a tenth. */
  readonly windows: number;
  readonly stable: boolean;
  /** Processor seconds of one answer, and bytes in memory at the end; null where the subject does not tell. */
  readonly cpuSeconds: number | null;
  readonly residentBytes: number | null;
}

/** Measures a load until three windows in a row agree. @throws what aborts the signal */
export async function measureSteady(subject: Subject, load: Load, options: SteadyOptions): Promise<Measured> {
  if (options.warmUp > 0) await measureWindow(subject, load, { ...options, seconds: options.warmUp });
  const windows: Seen[] = [];
  while (windows.length < options.most && !isStable(windows)) {
    const before = await subject.usage();
    const window = await measureWindow(subject, load, { ...options, seconds: options.window });
    windows.push({ ...window, before, after: await subject.usage() });
  }
  return summed(load, windows);
}

interface Seen extends Window {
  readonly before: Usage | null;
  readonly after: Usage | null;
}

/** Whether the last three agree in how much was answered and in how long it took. */
function isStable(windows: readonly Seen[]): boolean {
  const last = windows.slice(-WINDOWS);
  if (last.length < WINDOWS) return false;
  return [last.map(throughputOf), last.map(({ samples }) => samples.latency().p50)].every(agree);
}

function agree(values: readonly number[]): boolean {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // Of values that are no numbers, since nothing was answered, none will ever agree: no use in waiting for it.
  return !(most - least > AGREEMENT * most);
}

function throughputOf({ samples, seconds }: Window): number {
  return samples.count / seconds;
}

function summed(load: Load, windows: readonly Seen[]): Measured {
  const last = windows.slice(-WINDOWS);
  const sum = (of: (window: Seen) => number) => last.reduce((total, window) => total + of(window), 0);
  const samples = Samples.join(last.map((window) => window.samples));
  const failures = new Map<string, Failure>();
  for (const window of last) {
    for (const [code, { count, first }] of window.failures) {
      const known = failures.get(code);
      if (known) known.count += count;
      else failures.set(code, { count, first });
    }
  }
  const answered = sum((window) => window.samples.count);
  const told = last.every(({ before, after }) => before && after) && answered > 0;
  const used = sum(({ before, after }) => (after?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0));
  return {
    load,
    throughput: answered / sum(({ seconds }) => seconds),
    latency: samples.latency(),
    answered,
    failures,
    unsent: sum(({ unsent }) => unsent),
    windows: windows.length,
    stable: isStable(windows),
    cpuSeconds: told ? used / answered : null,
    residentBytes: last.at(-1)?.after?.residentBytes ?? null,
  };
}
