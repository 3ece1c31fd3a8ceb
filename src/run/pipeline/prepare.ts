import type { ResolveOptions } from "../hub/index.ts";
import { cacheFolder } from "../hub/index.ts";
import { sourceOf } from "./compile.ts";
import { Compiler } from "./compiler.ts";
import { type Found, type Item, scanFolder } from "./folder.ts";
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
  /** Called with every model as it is done. */
  onModel?(model: Prepared): void;
}

/**
 * Brings into the cache what `serve` of a folder would make behind its first answers: models from elsewhere, those of other
 * formats converted, artefacts for this machine.
 * @throws whatever keeps a model from being served
 */
export async function prepareFolder(folder: string, options: PrepareOptions = {}): Promise<Prepared[]> {
  const { signal, onModel } = options;
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
    }
    return done;
  } finally {
    await compiler.close();
    await reader.close();
  }
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
