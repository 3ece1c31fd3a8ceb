import { findKept, keep } from "../../../base/node/kept.ts";
import { makerHere } from "../compiled/maker.ts";
import { availableCpus } from "../host/cpus.ts";
import { CPU } from "../providers/cpu.ts";
import { lookAround } from "../providers/here.ts";
import { lacksAny } from "../providers/lacking.ts";
import type { Provider } from "../providers/provider.ts";
import { checkDeviceName, PROVIDERS } from "../providers/table.ts";
import { type GraphSize, isOptimized } from "../size.ts";
import { whyAbsent } from "../trial.ts";
import type { KnownInput } from "../worker/messages.ts";
import { type Comparison, choiceOf, type DeviceChoice, failed, isComparisonOf } from "./choice.ts";
import { compareDevices } from "./compare.ts";

export interface ChooseOptions {
  /** Path of the model file on disk. */
  readonly path: string;
  /** Says which weights it has: see `compileModel`. Asked only where there is a choice, since a large file takes long to be read. */
  source(): Promise<string>;
  /** Of what was found out before; null: nothing is kept. */
  readonly folder: string | null;
  readonly size?: GraphSize;
  /** Of the inputs with which devices are compared, which are made up. */
  readonly known?: readonly KnownInput[];
  readonly signal?: AbortSignal;
  /** What could not be kept: the choice stands nevertheless. */
  onProblem?(error: unknown): void;
}

/** That a device does not compute here is believed so long: the driver may have been mended. */
const ABSENT_MS = 3_600_000;

/** Why the processor, where nothing was tried. */
const NO_OTHER = "no other device has what it needs here; `modelyard doctor` says what is missing";

/** One after the other: beside another trial each would seem slower than it is. */
let comparing: Promise<unknown> = Promise.resolve();

/**
 * The device that a model runs on. What a person names is taken as it is. Of "auto", each device that is there answers made-up inputs
 * beside the processor, and the fastest of those that answer alike is taken; that is kept by model, device, driver and runtime. Only
 * here does anything else take the place of what was asked.
 * @throws RUN_DEVICE_UNKNOWN; of "auto" also RUN_LOAD_FAILED and RUN_TYPE_UNSUPPORTED where the processor cannot run it; ABORTED
 */
export async function chooseDevice(device: string, options: ChooseOptions): Promise<DeviceChoice> {
  checkDeviceName(device);
  if (device !== "auto") return { device, reason: "", tried: [] };
  const here = lookAround();
  // Where files are missing, nobody waits for a driver that is hardly there.
  const candidates = PROVIDERS.filter((provider) => provider !== CPU && !lacksAny(provider, here));
  if (candidates.length === 0) return { device: CPU.id, reason: NO_OTHER, tried: [] };
  const tried: Comparison[] = [];
  for (const provider of candidates) tried.push(await compareKept(provider, options));
  return choiceOf(tried);
}

async function compareKept(provider: Provider, options: ChooseOptions): Promise<Comparison> {
  const { folder } = options;
  const machine = [provider.id, makerHere(), provider.identity(lookAround()), availableCpus()];
  const keptAbsence = folder === null ? null : await findKept(folder, machine, isText, ABSENT_MS);
  if (keptAbsence !== null) return absent(provider, keptAbsence);
  const key = [...machine, await options.source()];
  const isOne = (value: unknown): value is Comparison => isComparisonOf(provider.id, value);
  const find = () => (folder === null ? null : findKept(folder, key, isOne));
  const kept = await find();
  // One that would not be taken need not be there.
  if (kept && kept.verdict !== "faster") return kept;
  const absence = await whyAbsent(provider);
  if (absence) {
    await keepIn(options, machine, absence.problem);
    return absent(provider, absence.problem);
  }
  if (kept) return kept;
  return next(async () => {
    // While this one waited, the same model may have been compared under another name.
    const meanwhile = await find();
    if (meanwhile) return meanwhile;
    const comparison = await compare(provider, options);
    await keepIn(options, key, comparison);
    return comparison;
  });
}

function absent({ id }: Provider, problem: string): Comparison {
  return failed(id, `does not compute here: ${problem}`);
}

async function keepIn(
  { folder, onProblem }: ChooseOptions,
  key: readonly unknown[],
  value: unknown,
): Promise<void> {
  if (folder !== null) await keep(folder, key, value).catch((error: unknown) => onProblem?.(error));
}

function compare(provider: Provider, { path, size, signal, known = [] }: ChooseOptions): Promise<Comparison> {
  const request = { threads: availableCpus(), optimized: size === undefined || isOptimized(size) };
  return compareDevices(
    {
      path,
      device: provider.id,
      cpu: CPU.runtimeOptions(request),
      runtime: provider.runtimeOptions(request),
      known,
    },
    signal,
  );
}

function next<T>(what: () => Promise<T>): Promise<T> {
  const after = comparing.then(what);
  comparing = after.catch(() => {});
  return after;
}

const isText = (value: unknown): value is string => typeof value === "string";
