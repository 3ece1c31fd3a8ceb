import { join } from "node:path";
import { isModelyardError } from "../../base/errors/index.ts";
import type { Runnable } from "../convert/runnable.ts";
import { cacheFolder } from "../hub/index.ts";
import { chooseDevice, type DeviceChoice, placementText, type SessionStats } from "../runtime/index.ts";
import { sourceOf } from "./compile.ts";
import { knownInputs } from "./known.ts";
import type { KnownModel } from "./open.ts";

/** Folder of the cache in which is kept what "auto" found out. */
const FOLDER = "devices";

/** What was made for the processor, and what nobody asked to be elsewhere. */
export const ON_PROCESSOR: DeviceChoice = { device: "cpu", reason: "", tried: [] };

export interface ChoosingOptions {
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Of the model's own file, where it is known already. */
  readonly digest?: string;
  onNote?(note: string): void;
}

/**
 * The device of a model: the one that was asked for, or what "auto" finds to be the fastest that answers as the processor does.
 * @throws what chooseDevice throws
 */
export function deviceOf(
  asked: string,
  opened: KnownModel,
  runnable: Runnable,
  { cache, signal, digest, onNote }: ChoosingOptions,
): Promise<DeviceChoice> {
  const { path, size } = runnable;
  return chooseDevice(asked, {
    path,
    size,
    known: knownInputs(opened),
    source: () => sourceOf(opened, runnable, digest),
    folder: join(cacheFolder(cache), FOLDER),
    ...(signal === undefined ? {} : { signal }),
    onProblem: (error) => onNote?.(`what was found out about devices could not be kept: ${String(error)}`),
  });
}

/** The processor in place of a device that "auto" chose and that then did not load the model; null where a person named it. */
export function afterFailure(choice: DeviceChoice, error: unknown): DeviceChoice | null {
  if (choice.tried.length === 0 || choice.device === "cpu") return null;
  if (!isModelyardError(error) || error.code === "ABORTED") return null;
  const reason = `${choice.device} was the fastest, and could not load the model: ${error.message}`;
  return { ...ON_PROCESSOR, reason, tried: choice.tried };
}

/** Where a model runs and why, in a sentence; null where nothing is to be said unasked: the processor, where nothing else was tried. */
export function deviceText(
  stats: Pick<SessionStats, "device" | "placement">,
  choice: DeviceChoice,
): string | null {
  return stats.device === "cpu" && choice.tried.length === 0 ? null : whereText(stats, choice);
}

/** The same for who asks. */
export function whereText(
  { device, placement }: Pick<SessionStats, "device" | "placement">,
  { reason }: DeviceChoice,
): string {
  const where = placement === null ? device : placementText(placement);
  return `${where}${reason === "" ? "" : `: ${reason}`}`;
}
