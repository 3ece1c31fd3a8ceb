import type { Placement } from "../placement.ts";

const VERDICTS = ["faster", "slower", "differs", "unused", "fails", "unknown"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A model on a device, beside the processor. */
export interface Comparison {
  readonly device: string;
  readonly verdict: Verdict;
  /** A clause for a person. */
  readonly reason: string;
  /** Of one run of made-up input, the median; null where it did not come so far. */
  readonly milliseconds: { readonly cpu: number; readonly device: number } | null;
  /** The largest difference from the processor's answers, as a part of their largest value. */
  readonly error: number | null;
  readonly placement: Placement | null;
}

/** Which device a model runs on, and why. */
export interface DeviceChoice {
  readonly device: string;
  /** A sentence for a person; empty where a person named it, or where there was nothing to choose from. */
  readonly reason: string;
  readonly tried: readonly Comparison[];
}

/** Whether what a file holds is a comparison of this device; of its placement, which is only shown, whether there is one. */
export function isComparisonOf(id: string, value: unknown): value is Comparison {
  const { device, verdict, reason, milliseconds, error, placement } = (value ?? {}) as Partial<Comparison>;
  if (device !== id || typeof reason !== "string" || !VERDICTS.some((one) => one === verdict)) return false;
  const times = milliseconds === null || [milliseconds?.cpu, milliseconds?.device].every(isNumber);
  return times && (error === null || isNumber(error)) && typeof placement === "object";
}

const isNumber = (value: unknown): value is number => typeof value === "number";

/** @param reason a clause after the device's name */
export function failed(device: string, reason: string): Comparison {
  return { device, verdict: "fails", reason, milliseconds: null, error: null, placement: null };
}

/** The fastest of those that answer as the processor does. */
export function choiceOf(tried: readonly Comparison[]): DeviceChoice {
  const time = ({ milliseconds }: Comparison) => milliseconds?.device ?? Number.POSITIVE_INFINITY;
  const [best] = tried.filter(({ verdict }) => verdict === "faster").sort((a, b) => time(a) - time(b));
  const all = tried.map(({ device, reason }) => `${device} ${reason}`).join("; ");
  return { device: best?.device ?? "cpu", reason: all, tried };
}
