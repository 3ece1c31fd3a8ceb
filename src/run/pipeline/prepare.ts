import { cacheFolder, type ResolveOptions, resolveSource } from "../hub/index.ts";
import { sealCache } from "../hub/npm-cache.ts";
import { sourceOf } from "./compile.ts";
import { Compiler } from "./compiler.ts";
import { type Found, type Item, isPath, scanFolder } from "./folder.ts";
import { placeOfStep } from "./graph/place.ts";
import { findOne } from "./open-file.ts";
import { Reader } from "./reader/reader.ts";

/** What became of one model. */
export interface Prepared {
  /** Of the model, or of the pipeline that it is a step of. */
  readonly name: string;
  readonly version: string;
  /** Of the pipeline. */
  readonly step?: string;
  /** Whether an artefact lies in the cache now; a small model needs none. */
  readonly compiled: boolean;
  /** Why there is none, where there should be one: the model is served from its file. */
  readonly refused: string | null;
}

export interface PrepareOptions {
  /** The hub's cache folder. @default the hub's own */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Whether what is in the cache then counts whichever registry npm names later: see `sealCache`. */
  readonly seal?: boolean;
  /** Called with every model as it is done. */
  onModel?(model: Prepared): void;
}

/**
 * Brings into the cache what `serve` of a folder would make behind its first answers: models from elsewhere, those of other
 * formats converted, artefacts for this machine, and the examples that they name.
 * @throws whatever keeps a model from being served
 */
export async function prepareFolder(folder: string, options: PrepareOptions = {}): Promise<Prepared[]> {
  const { signal, onModel, seal = false } = options;
  const cache = options.cache === undefined ? {} : { cache: options.cache };
  const reader = new Reader(cache);
  const compiler = new Compiler({ ...cache, onProblem: () => {} });
  const done: Prepared[] = [];
  const resolving = { ...cache, ...(signal ? { signal } : {}) };
  const prepare = async (found: Found) => {
    const opened = await reader.read(found, resolving);
    try {
      const runnable = await opened.runnable(signal);
      if (!compiler.isWorth(opened.bytes)) return { compiled: false, refused: null };
      const source = await sourceOf(opened, runnable, opened.digest);
      return await compiler.make({ source, runnable, ...(signal ? { signal } : {}) });
    } finally {
      await opened.close();
    }
  };
  try {
    for (const found of await scanFolder(folder, { keepIn: cacheFolder(options.cache) })) {
      signal?.throwIfAborted();
      for (const [step, one] of await modelsOf(found, resolving)) {
        const { name, version } = found;
        const model = { name, version, ...(step === null ? {} : { step }), ...(await prepare(one)) };
        done.push(model);
        onModel?.(model);
      }
      const example = exampleOf(found);
      if (example !== undefined && !isPath(example)) await resolveSource(example, resolving);
    }
    if (seal) await sealCache(cacheFolder(options.cache));
    return done;
  } finally {
    await compiler.close();
    await reader.close();
  }
}

/** As model.yaml or pipeline.yaml names it. */
function exampleOf(item: Item): string | undefined {
  if ("error" in item) return undefined;
  return "pipeline" in item ? item.pipeline.example : item.file.example;
}

/** A model by itself, or those of a pipeline by their steps. */
async function modelsOf(item: Item, options: ResolveOptions): Promise<(readonly [string | null, Found])[]> {
  if ("error" in item) throw item.error;
  if (!("pipeline" in item)) return [[null, item]];
  const models: [string, Found][] = [];
  const keeping = { ...options, keepIn: cacheFolder(options.cache) };
  for (const [step, file] of Object.entries(item.pipeline.steps)) {
    if (file.model === undefined) continue;
    models.push([step, await findOne(await placeOfStep(step, file, item.folder), keeping)]);
  }
  return models;
}
