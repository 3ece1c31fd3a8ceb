/** Numbers and errors as a person reads them. */
import { ClientError } from "../../src/client/index.ts";

const UNITS = ["B", "kB", "MB", "GB"] as const;

/** "26 kB", "1.3 GB". */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(100 * share).toFixed(1)} %`;
}

/** "12 ms", "1.4 s". */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What failed, and what to do about it. */
export interface Trouble {
  readonly message: string;
  readonly code?: string;
  readonly where?: string;
  readonly hint?: string;
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof ClientError) {
    const { message, code, where, hint } = error;
    return { message, code, ...(where && { where }), ...(hint && { hint }) };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}
