import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, isModelyardError } from "../../base/errors/index.ts";
import { makeScratch } from "../../base/node/index.ts";
import { openHost } from "./open-host.ts";
import { lookAround } from "./providers/here.ts";
import { type Lack, lackingOf, remediesOf } from "./providers/lacking.ts";
import type { Provider } from "./providers/provider.ts";
import { checkDeviceName, PROVIDERS } from "./providers/table.ts";

/** A driver that has not answered by then hangs. */
const PATIENCE_MS = 60_000;

/** Why a device does not compute here, and what to do. */
export interface Absence {
  readonly problem: string;
  readonly remedy: string;
}

/** By device: it does not change while the program runs. */
const tried = new Map<string, Promise<Absence | null>>();

/**
 * Whether a device computes here: a product of matrices is run on it in a process of its own, since a driver may end the process that
 * asks for it. Nothing is tried where what it needs is surely not there.
 * @returns why it does not; null where it does
 */
export function whyAbsent(provider: Provider): Promise<Absence | null> {
  const here = lookAround();
  const lacks = lackingOf(provider, here);
  if (lacks.some(({ strict }) => strict)) return Promise.resolve(absenceOf(provider, lacks, null));
  if (!provider.capabilities.deviceMemory) return Promise.resolve(null);
  let trial = tried.get(provider.id);
  if (!trial) {
    trial = tryOut(provider.id).then((said) => (said === null ? null : absenceOf(provider, lacks, said)));
    tried.set(provider.id, trial);
  }
  return trial;
}

/** @param said by the runtime; null where it was not asked */
function absenceOf(provider: Provider, lacks: readonly Lack[], said: string | null): Absence {
  const parts = [...(said === null ? [] : [said]), ...lacks.map(({ what }) => what)];
  return { problem: parts.join("; "), remedy: lacks.length > 0 ? remediesOf(lacks) : provider.remedy };
}

/**
 * Holds a device that a person names to being there, before anything is loaded; "auto" never fails.
 * @throws RUN_DEVICE_UNKNOWN, RUN_DEVICE_ABSENT
 */
export async function demandDevice(device: string): Promise<void> {
  checkDeviceName(device);
  const provider = PROVIDERS.find(({ id }) => id === device);
  if (provider) await demand(provider);
}

/** @throws RUN_DEVICE_ABSENT */
export async function demand(provider: Provider): Promise<void> {
  const absence = await whyAbsent(provider);
  if (absence !== null) throw fail("RUN_DEVICE_ABSENT", { device: provider.id, ...absence });
}

async function tryOut(device: string): Promise<string | null> {
  // What encodes it is not loaded by whoever stays on the processor.
  const { isRight, TRIAL_FEEDS, trialModel } = await import("./providers/trial-model.ts");
  let folder: string | null = null;
  try {
    folder = await makeScratch("device");
    const path = join(folder, "trial.onnx");
    await writeFile(path, trialModel());
    const session = await openHost({
      path,
      device,
      isolation: "process",
      batch: 0,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    try {
      const { y } = await session.run(TRIAL_FEEDS, { deadline: Date.now() + PATIENCE_MS });
      return y && isRight(y.data as Float32Array) ? null : "it multiplies two matrices wrongly";
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    if (error.code === "ABORTED") return `it gave no answer in ${PATIENCE_MS / 1000} seconds`;
    return reasonOf(error);
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

/** What the runtime says, without where in its sources it says so. */
function reasonOf({ message }: Error): string {
  const [, said] = /was false\. (.*)$/s.exec(message) ?? [];
  return (said ?? message).trim();
}
