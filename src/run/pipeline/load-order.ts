import { resolve } from "node:path";
import { cacheFolder, type ResolveOptions } from "../hub/index.ts";
import type { Entry } from "./entry.ts";
import { isPath } from "./folder.ts";
import { findOne } from "./open-file.ts";

/** Fetching and loading compete for the network and the processors: two at a time keep both busy. */
const MAX_LOADING = 2;

interface Waiting {
  readonly entry: Entry;
  /** The models beside a pipeline that it names, and whose sessions it shares. */
  readonly after: readonly Entry[];
  /** 0 for what lies on this machine, 1 for pipelines of such, 2 for what itself has to fetch. */
  readonly rank: number;
}

/**
 * Loads entries, two at a time, those on this machine first. A pipeline waits for the models that it names, and for no others.
 * @param resolving as of the entries
 */
export async function loadInOrder(
  entries: readonly Entry[],
  signal: AbortSignal,
  resolving: Pick<ResolveOptions, "cache">,
): Promise<void> {
  const all = await Promise.all(entries.map((entry) => placeOf(entry, entries, { signal, ...resolving })));
  const waiting = all.sort((a, b) => a.rank - b.rank);
  const done = new Set<Entry>();
  const running = new Set<Promise<void>>();
  while (waiting.length > 0 && !signal.aborted) {
    const isFree = running.size < MAX_LOADING;
    const at = isFree ? waiting.findIndex(({ after }) => after.every((each) => done.has(each))) : -1;
    // Models wait for nobody: where none can begin, one is under way.
    if (at < 0) {
      await Promise.race(running);
      continue;
    }
    const [{ entry }] = waiting.splice(at, 1) as [Waiting];
    const loading: Promise<void> = entry.load(signal).then(() => {
      done.add(entry);
      running.delete(loading);
    });
    running.add(loading);
  }
  await Promise.all(running);
}

async function placeOf(entry: Entry, entries: readonly Entry[], resolving: ResolveOptions): Promise<Waiting> {
  if (!entry.isPipeline) return { entry, after: [], rank: entry.remote ? 2 : 0 };
  const named = await Promise.all(entry.named.map((source) => sourceOf(source, resolving)));
  const served = (source: string) => entries.filter((each) => !each.isPipeline && isOf(each, source));
  const own = named.filter((source) => !isPath(source) && served(source).length === 0);
  return { entry, after: named.flatMap(served), rank: own.length > 0 ? 2 : 1 };
}

/** What a step's folder says of where its model comes from. What is wrong with it, loading it tells. */
async function sourceOf(named: string, resolving: ResolveOptions): Promise<string> {
  const found = await findOne(named, { ...resolving, keepIn: cacheFolder(resolving.cache) }).catch(
    () => null,
  );
  return found?.source ?? named;
}

function isOf({ source }: Entry, named: string): boolean {
  return isPath(source) && isPath(named) ? resolve(source) === resolve(named) : source === named;
}
