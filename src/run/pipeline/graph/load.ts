import { stat } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../../base/node/index.ts";
import { checkNamed, type ResolveOptions } from "../../hub/index.ts";
import { type FoundPipeline, isPath, scanFolder } from "../folder.ts";
import { loadOpened } from "../loaded.ts";
import { openSource } from "../open.ts";
import { type LoadedPipeline, openPipeline } from "./pipeline.ts";

/** The pipeline that a path names; null for anything else, such as a model. @throws HUB_SOURCE_EMPTY, CONTRACT_* for a damaged pipeline.yaml */
export async function findPipeline(source: string): Promise<FoundPipeline | null> {
  checkNamed(source);
  if (!isPath(source)) return null;
  const info = await stat(join(source, "pipeline.yaml")).catch(() => null);
  if (!info?.isFile()) return null;
  const [found] = await scanFolder(source);
  if (found && "error" in found) throw found.error;
  return found && "pipeline" in found ? found : null;
}

export interface LoadPipelineOptions extends ResolveOptions {
  readonly device?: string;
  onNote?(note: string): void;
}

/** Loads a pipeline and its models into this program. @throws as openPipeline */
export async function loadPipeline(
  found: FoundPipeline,
  { device, onNote, ...resolving }: LoadPipelineOptions = {},
): Promise<LoadedPipeline> {
  return openPipeline(found, {
    ...(resolving.signal ? { signal: resolving.signal } : {}),
    ...(onNote ? { onNote } : {}),
    load: async (source) => {
      const opened = await openSource(source, resolving);
      const loaded = await loadOpened(opened, {
        ...(device === undefined ? {} : { device }),
        ...(resolving.cache === undefined ? {} : { cache: resolving.cache }),
        ...(onNote ? { onNote } : {}),
      });
      return { loaded, digest: await digestOf(opened.path) };
    },
  });
}
