import { fail } from "../../base/errors/index.ts";
import { cacheFolder } from "./cache.ts";
import type { Resolved, ResolveOptions } from "./source.ts";
import { SOURCES } from "./table.ts";

export { cacheFolder, sha256Of } from "./cache.ts";
export type { Resolved, ResolveOptions } from "./source.ts";

/**
 * Brings a model onto this machine: a path stays where it is, everything else goes into the cache, checked.
 * @param source a path, `https:…`, or `npm:package@version/path`
 * @throws FILE_NOT_FOUND, HUB_*
 */
export async function resolveSource(source: string, options: ResolveOptions = {}): Promise<Resolved> {
  checkNamed(source);
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase() ?? "";
  const kind = SOURCES.find((each) => each.scheme === scheme);
  if (!kind) throw fail("HUB_SCHEME_UNKNOWN", { source, known: forms() });
  return kind.resolve(source, { ...options, cache: cacheFolder(options.cache) });
}

/**
 * An empty path would be the folder that the program was started in, and what is no text is a setting that somebody forgot.
 * @throws HUB_SOURCE_EMPTY
 */
export function checkNamed(source: unknown): void {
  if (typeof source !== "string" || source.trim() === "") throw fail("HUB_SOURCE_EMPTY", { known: forms() });
}

/** Those that can be asked. */
function forms(): string {
  return SOURCES.filter((each) => !each.later)
    .map((each) => each.form)
    .join(", ");
}
