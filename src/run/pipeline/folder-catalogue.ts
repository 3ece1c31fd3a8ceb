import { join, relative, sep } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { MODEL_EXTENSIONS } from "../../model/formats/table.ts";
import { cacheFolder } from "../hub/index.ts";
import { SPARE_THREAD } from "../runtime/host/thread.ts";
import type { CodecOrder, Isolation } from "../runtime/index.ts";
import type { Catalogue, ModelId, ModelStatus, SpokenModel } from "./catalogue.ts";
import { Compiler } from "./compiler.ts";
import { Entry } from "./entry.ts";
import { type Item, scanFolder } from "./folder.ts";
import { loadInOrder } from "./load-order.ts";
import { demandDevices } from "./named-devices.ts";
import { Reader } from "./reader/reader.ts";
import { SharedPlaces } from "./shared.ts";
import { watchFolder } from "./watch.ts";

export interface CatalogueOptions {
  /** Nothing is fetched or loaded before `load` is called. @default false */
  paused?: boolean;
  /** The hub's cache folder; by default the hub's own. */
  cache?: string;
  device?: string;
  /** Where all models live, in place of what each model.yaml says. */
  isolation?: Isolation;
  /** Milliseconds that a task waits for each run. @default without end */
  runMs?: number;
  /** Makes the codec of the protocol in which bodies come: see Lease.exchange. */
  codec?(model: SpokenModel): CodecOrder;
  /** Whether models are compiled for this machine, behind the answers, and loaded so from then on. @default true */
  compile?: boolean;
  /** Whether models and pipelines are loaded anew when their folders change, while developing. @default false */
  watch?: boolean;
  /** Bytes that all models together may take: they come into memory when they are asked, and the least recently used leave. @default no limit, all are loaded */
  memory?: number;
  /** Something went wrong that answers do not depend on. */
  onProblem?(error: unknown): void;
  /** Something that whoever runs it may want to know, and that is no error. */
  onNote?(note: string): void;
  /** Called with every model that becomes ready, for the server's memory of models. */
  onReady?(model: { id: ModelId; source: string; contract: string }): void;
}

export interface FolderCatalogue extends Catalogue {
  /**
   * Tries each device that is named, for all models or in the model.yaml of one, before anything is loaded: nothing takes the place of
   * one that is absent.
   * @throws RUN_DEVICE_ABSENT, RUN_DEVICE_UNKNOWN of the device for all; with the model.yaml that names it in `where`
   */
  demandDevices(): Promise<void>;
  /** Begins to fetch and to load, where the catalogue was opened paused. */
  load(): void;
}

/**
 * Finds the models of a folder and loads them, those on this machine first. Resolves as soon as the folder was read:
 * each model joins when it is ready, and one that fails stays listed with the reason.
 * @throws FILE_NOT_FOUND
 */
export async function openCatalogue(
  folder: string,
  options: CatalogueOptions = {},
): Promise<FolderCatalogue> {
  const listeners = new Set<(status: ModelStatus) => void>();
  const cache = cacheFolder(options.cache);
  const found = await scanFolder(folder, {
    keepIn: cache,
    passedOver: (place) => options.onNote?.(passedOver(place)),
  });
  const compiler =
    options.compile === false
      ? null
      : new Compiler({
          ...(options.cache === undefined ? {} : { cache: options.cache }),
          onProblem: (error) => options.onProblem?.(error),
        });
  // Most servers have no budget, and need not load what keeps to one.
  const residency =
    options.memory === undefined
      ? null
      : new (await import("../runtime/residency/residency.ts")).Residency({
          memory: options.memory,
          folder: join(cache, "measured"),
          onProblem: (error) => options.onProblem?.(error),
        });
  const reader = new Reader(options.cache === undefined ? {} : { cache: options.cache });
  const places = new SharedPlaces();
  let items: readonly Item[] = found;
  const entryOf = (item: Item) =>
    new Entry(item, {
      reader,
      places,
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      ...(options.device === undefined ? {} : { device: options.device }),
      ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
      ...(options.runMs === undefined ? {} : { runMs: options.runMs }),
      ...(options.codec === undefined ? {} : { codec: options.codec }),
      ...(compiler ? { compiler } : {}),
      onNote: (note) => options.onNote?.(note),
      ...(residency ? { residency } : {}),
      versions: (name) => items.filter((each) => each.name === name).map((each) => each.version),
      changed(entry) {
        if (entry.state === "ready" && entry.ready) {
          const { card } = entry.ready;
          options.onReady?.({ id: card.id, source: entry.source, contract: JSON.stringify(card.contract) });
        }
        tell(entry);
      },
    });
  /** Listeners hear of what can be asked: not of what is still to take a place, nor of what has made room for another. */
  const tell = (entry: Entry) => {
    const asked = named.get(entry.name)?.find(({ version }) => version === entry.version);
    if (asked !== entry && (asked !== undefined || entry.state !== "unloading")) return;
    for (const listener of listeners) listener(entry.status());
  };
  let entries: readonly Entry[] = found.map(entryOf);
  let named = byName(entries);
  const closing = new AbortController();
  const resolving = options.cache === undefined ? {} : { cache: options.cache };
  const loadAll = (all: readonly Entry[]) => loadInOrder(all, closing.signal, resolving);
  let loading: Promise<void> | null = null;
  const load = () => {
    loading ??= loadAll(entries);
    // Models in processes take no thread that was started ahead.
    void loading.then(() => SPARE_THREAD.drop());
    if (options.watch && !unwatch) unwatch = watchFolder(folder, follow, problem);
  };
  const problem = (error: unknown) => options.onProblem?.(error);
  /** Models that make room for what was changed; they still answer what they have. */
  const leaving = new Set<Promise<void>>();
  let unwatch: (() => void) | null = null;
  let following = Promise.resolve();
  const follow = (changed: ReadonlySet<string>) => {
    following = following.then(() => reload(changed)).catch(problem);
  };
  const reload = async (changed: ReadonlySet<string>) => {
    // What is still being loaded for the first time cannot be closed yet.
    await loading;
    if (closing.signal.aborted) return;
    const before = new Map(items.map((item, i) => [keyOf(item), entries[i] as Entry]));
    const now = await scanFolder(folder, { keepIn: cache });
    const next: Entry[] = [];
    items = now;
    for (const item of now) {
      const entry = before.get(keyOf(item));
      const isSame = entry !== undefined && !isTouched(item, folder, changed);
      next.push(isSame ? entry : entryOf(item));
    }
    // What was there answers until what comes is loaded, or is known to be wrong.
    await loadAll(next);
    const gone = entries.filter((entry) => !next.includes(entry));
    entries = next;
    named = byName(entries);
    for (const entry of next) if (before.get(keyOf(entry)) !== entry) tell(entry);
    for (const entry of gone) {
      const closed: Promise<void> = entry.close().finally(() => leaving.delete(closed));
      leaving.add(closed);
    }
  };
  if (!options.paused) load();

  return {
    load,
    demandDevices: () => demandDevices(options.device, found, cache),
    status: () => entries.map((entry) => entry.status()),
    running: () => entries.flatMap((entry) => entry.running()),
    memory: () => residency?.stats() ?? null,
    lease: (name, version) => pick(named, name, version).lease(),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      unwatch?.();
      await Promise.all([loading, following, compiler?.close()]);
      await reader.close();
      await Promise.all([...leaving, ...entries.map((entry) => entry.close())]);
      await residency?.close();
      await SPARE_THREAD.drop();
    },
  };
}

function passedOver(folder: string): string {
  const files = [...MODEL_EXTENSIONS].map((extension) => `<name>${extension}`).join(", ");
  return `${folder} is passed over, since it holds no model: in it belongs model.yaml, <version>/model.onnx, or one of ${files}`;
}

/** Newest first, sorted once: every request looks here. */
function byName(entries: readonly Entry[]): Map<string, Entry[]> {
  const named = new Map<string, Entry[]>();
  for (const entry of entries) named.set(entry.name, [...(named.get(entry.name) ?? []), entry]);
  for (const versions of named.values())
    versions.sort((a, b) => (BigInt(b.version) > BigInt(a.version) ? 1 : -1));
  return named;
}

function keyOf({ name, version }: Pick<Item, "name" | "version">): string {
  return `${name}\n${version}`;
}

/** Whether a change was in what an item is made of. A pipeline may be made of anything there. */
function isTouched(item: Item, folder: string, changed: ReadonlySet<string>): boolean {
  if (!("source" in item)) return true;
  const from = item.folders.at(-1) ?? item.source;
  const [name = ""] = relative(folder, from).split(sep);
  return name === "" || changed.has(name);
}

/** The version asked for, or the newest that is ready. */
function pick(
  named: ReadonlyMap<string, readonly Entry[]>,
  name: string,
  version: string | undefined,
): Entry {
  const versions = named.get(name);
  if (!versions) throw fail("MODEL_UNKNOWN", { name, known: [...named.keys()].join(", ") || "none" });
  if (version !== undefined) {
    const entry = versions.find((each) => each.version === version);
    if (entry) return entry;
    const known = versions.map((each) => each.version).join(", ");
    throw fail("MODEL_VERSION_UNKNOWN", { name, version, known });
  }
  return versions.find((entry) => entry.state === "ready") ?? (versions[0] as Entry);
}
