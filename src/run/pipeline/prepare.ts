import { sourceOf } from "./compile.ts";
import { Compiler } from "./compiler.ts";
import { scanFolder } from "./folder.ts";
import { Reader } from "./reader/reader.ts";

/** What became of one model. */
export interface Prepared {
  readonly name: string;
  readonly version: string;
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
  try {
    for (const found of await scanFolder(folder)) {
      signal?.throwIfAborted();
      if ("error" in found) throw found.error;
      // A pipeline is made of others, and has nothing of its own to fetch.
      if (!("source" in found)) continue;
      const { name, version } = found;
      const opened = await reader.read(found, { ...cache, ...(signal ? { signal } : {}) });
      try {
        const runnable = await opened.runnable(signal);
        let made = { compiled: false, refused: null as string | null };
        if (compiler.isWorth(opened.bytes)) {
          const source = await sourceOf(opened, runnable.path, opened.digest);
          made = await compiler.make({ source, runnable, ...(signal ? { signal } : {}) });
        }
        const model = { name, version, ...made };
        done.push(model);
        onModel?.(model);
      } finally {
        await opened.close();
      }
    }
    return done;
  } finally {
    await compiler.close();
    await reader.close();
  }
}
