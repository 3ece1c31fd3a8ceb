import { resolve } from "node:path";
import { isModelyardError, type ModelyardError } from "../../base/errors/index.ts";
import type { Runnable } from "../convert/runnable.ts";
import {
  artefactOf,
  type CodecOrder,
  type DeviceChoice,
  type Isolation,
  type OpenedArtefact,
  type Residency,
} from "../runtime/index.ts";
import type { SpokenModel } from "./catalogue.ts";
import { sourceOf } from "./compile.ts";
import type { CompileJob, Compiler } from "./compiler.ts";
import { deviceOf } from "./device.ts";
import type { Found } from "./folder.ts";
import { type LoadedModel, type LoadOptions, loadOpened } from "./loaded.ts";
import type { Reader, ReadModel } from "./reader/reader.ts";
import type { SharedPlaces } from "./shared.ts";

/** What all models of a catalogue are loaded with. */
export interface Loading {
  readonly reader: Reader;
  readonly cache?: string;
  readonly device?: string;
  readonly isolation?: Isolation;
  /** See LoadOptions. */
  readonly runMs?: number;
  codec?(model: SpokenModel): CodecOrder;
  /** Loads what it has compiled, and compiles what it has not; without, models are loaded as they are. */
  readonly compiler?: Compiler;
  /** Lets models come into memory when they are asked; without, all are loaded and stay. */
  readonly residency?: Residency;
  /** The sessions that are there, and may be shared. */
  readonly places: SharedPlaces;
  /** See CatalogueOptions. */
  onNote(note: string): void;
}

export interface LoadingOne {
  readonly name: string;
  readonly version: string;
  /** For messages. */
  readonly label: string;
  /** Whether it is asked in the protocol; a step of a pipeline is not. */
  readonly isSpoken: boolean;
  readonly signal: AbortSignal;
  /** Bytes fetched and bytes in all. */
  onProgress(done: number, total: number): void;
  /** It is fetched and read, and its weights are loaded now. */
  onRead(): void;
  onNarrowRefused(reason: string): void;
}

/** Fetches a model, reads it in another thread, and loads its weights. @throws HUB_*, FILE_*, MODEL_*, CONTRACT_*, RUN_*, MODULE_* */
export async function loadModel(
  found: Found,
  loading: Loading,
  one: LoadingOne,
): Promise<LoadedModel<ReadModel>> {
  const { cache, device, isolation, runMs } = loading;
  const { name, version, signal } = one;
  const opened = await loading.reader.read(found, {
    signal,
    ...(cache === undefined ? {} : { cache }),
    onProgress: one.onProgress,
  });
  one.onRead();
  for (const warning of opened.warnings) loading.onNote(`${one.label}: ${warning}`);
  const { signature, contract, file } = opened;
  const codec = one.isSpoken ? loading.codec?.({ name, version, signature, contract, file }) : undefined;
  return loadCompiled(opened, loading, one.label, {
    signal,
    onNarrowRefused: one.onNarrowRefused,
    onNote: (note) => loading.onNote(note),
    ...(device === undefined ? {} : { device }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(runMs === undefined ? {} : { runMs }),
    ...(codec === undefined ? {} : { codec }),
  });
}

/** From the artefact that is kept for this machine; where there is none yet, from the file, until one has been made. */
async function loadCompiled(
  opened: ReadModel,
  { compiler, residency, cache, places }: Loading,
  name: string,
  options: LoadOptions,
): Promise<LoadedModel<ReadModel>> {
  const { runnable, choice } = await decide(opened, cache, options).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const shared = { places, source: await bytesOf(opened, runnable) };
  const chosen: LoadOptions = { ...options, shared, ...(choice === null ? {} : { choice }) };
  // Artefacts are laid out for the processor. What a person has compiled is refused elsewhere.
  const isCompiled = compiler?.isWorth(opened.bytes) && choice?.device === CPU;
  if (!isCompiled && !residency) return loadOpened(opened, chosen);
  const source = await sourceOf(opened, runnable, opened.digest);
  const resident = residency ? { resident: { residency, name, source } } : {};
  if (!compiler || !isCompiled) return loadOpened(opened, { ...chosen, ...resident });
  const kept = await compiler.find(source);
  let artefact = kept && "artefact" in kept ? kept.artefact : null;
  const load = () => loadOpened(opened, { ...chosen, ...resident, ...(artefact ? { artefact } : {}) });
  const loaded = await load().catch(async (error: unknown) => {
    if (kept || !isModelyardError(error) || error.code !== "MODEL_OVER_BUDGET") throw error;
    // Loaded as it is, it takes more than its artefact will.
    artefact = await madeNow(compiler, { source, runnable }, options, error);
    return load();
  });
  if (!kept && !artefact) compiler.add({ source, runnable, use: (made) => loaded.use(made) });
  return loaded;
}

/**
 * Says which bytes are loaded, and from where: a copy may be replaced by itself, and whoever loads again, as what ran it has died or
 * was out of memory, takes what then lies there.
 */
async function bytesOf(opened: ReadModel, { path }: Runnable): Promise<string> {
  const isOne = opened.files.length === 1;
  return `${resolve(path)}\n${isOne ? opened.digest : await sourceOf(opened, opened, opened.digest)}`;
}

/** @throws the problem, where no artefact can be made either */
async function madeNow(
  compiler: Compiler,
  { source, runnable }: Omit<CompileJob, "use">,
  { signal, onNote }: LoadOptions,
  problem: ModelyardError,
): Promise<OpenedArtefact> {
  const made = compiler.make({ source, runnable, ...(signal ? { signal } : {}) });
  await made.catch((error: unknown) => {
    onNote?.(error instanceof Error ? error.message : String(error));
    throw problem;
  });
  const kept = await compiler.find(source);
  if (!kept || !("artefact" in kept)) throw problem;
  return kept.artefact;
}

const CPU = "cpu";

/** What is run, and where; null where that is a person's artefact, which says so itself. */
async function decide(
  opened: ReadModel,
  cache: string | undefined,
  options: LoadOptions,
): Promise<{ runnable: Runnable; choice: DeviceChoice | null }> {
  const asked = options.device ?? opened.file.serving?.device ?? "auto";
  const runnable = await opened.runnable(options.signal);
  if ((await artefactOf(runnable.path)) !== null) return { runnable, choice: null };
  const { signal, onNote } = options;
  const choice = await deviceOf(asked, opened, runnable, {
    digest: opened.digest,
    ...(cache === undefined ? {} : { cache }),
    ...(signal === undefined ? {} : { signal }),
    ...(onNote === undefined ? {} : { onNote }),
  });
  return { runnable, choice };
}
