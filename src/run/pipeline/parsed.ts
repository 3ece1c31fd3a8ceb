import { join } from "node:path";
import { findWhole, keepWhole } from "../../base/node/kept.ts";
import { builtVersion } from "../../base/node/version.ts";

/** Folder of the cache in which is kept what was read: of models, and of what describes them. */
export function readFolder(cache: string): string {
  return join(cache, "read");
}

/**
 * What a text says, parsed once: of all that a start needs, a parser of YAML is among what takes longest to load.
 * @param parse throws where the text is wrong, each time
 * @param cache the hub's cache folder; undefined: nothing is kept
 */
export async function parsedOnce<T>(
  { text, path }: { readonly text: string; readonly path: string },
  cache: string | undefined,
  parse: () => Promise<T>,
): Promise<T> {
  if (cache === undefined) return parse();
  // Messages, and steps of pipelines, name the place.
  const key = [builtVersion(), path, text];
  const known = await findWhole<T>(readFolder(cache), key);
  if (known !== null) return known;
  const value = await parse();
  await keepWhole(readFolder(cache), key, value);
  return value;
}
