import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { homeFolder, makeFolder } from "../../base/node/index.ts";

/** The cache folder: as given, $MODELYARD_CACHE, or the XDG cache folder. */
export function cacheFolder(given?: string): string {
  const fallback = () => join(process.env.XDG_CACHE_HOME || join(homeFolder(), ".cache"), "modelyard");
  return resolve(given ?? process.env.MODELYARD_CACHE ?? fallback());
}

/**
 * The cache is addressed by content: `blobs/<sha256>/<name>` holds a file, `refs/<hash of the source>.json` says which blob
 * a source had. A package lies in `npm/<name>/<version>/<hash of its integrity>/package`, and the ref of its name, version and
 * registry says which content that registry has: what two registries call the same is never mixed up (npm-cache.ts). A source
 * that is pinned by a digest is met by any content that has it. A blob appears by a rename, whole and checked, so two processes do each other no harm and nothing half
 * written is ever seen.
 */
export interface Ref {
  readonly source: string;
  readonly sha256: string;
  readonly name: string;
  readonly bytes: number;
}

export async function findRef(cache: string, source: string): Promise<{ ref: Ref; path: string } | null> {
  const text = await readFile(refPath(cache, source), "utf8").catch(() => null);
  if (text === null) return null;
  const ref = parseRef(text);
  if (!ref || ref.source !== source) return null;
  const path = blobPath(cache, ref);
  const info = await stat(path).catch(() => null);
  return info?.size === ref.bytes ? { ref, path } : null;
}

/** Moves a finished download into the cache and notes which source it was. Resolves to where it lies. */
export async function keep(cache: string, ref: Ref, temporary: string): Promise<string> {
  const path = blobPath(cache, ref);
  await inCache(cache, async () => {
    await makeFolder(dirname(path));
    await rename(temporary, path);
    await writeWhole(refPath(cache, ref.source), JSON.stringify(ref));
  });
  return path;
}

/** A file name in the cache for work in progress, which nobody takes for a model. */
export async function temporaryPath(cache: string, label: string): Promise<string> {
  const folder = join(cache, "tmp");
  await inCache(cache, () => makeFolder(folder));
  return join(folder, `${label.replace(/[^\w.-]/g, "_").slice(0, 80)}.${randomUUID()}`);
}

/** Writes a file that readers see whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

export function refPath(cache: string, source: string): string {
  return join(cache, "refs", `${createHash("sha256").update(source).digest("hex")}.json`);
}

/** What a file system says when a folder is full, not ours, or no folder at all. */
const UNWRITABLE = ["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR", "EEXIST", "FILE_UNWRITABLE"];

/**
 * Does something in the cache folder.
 * @param expected a code of the file system that the caller handles itself
 * @throws HUB_CACHE_UNWRITABLE where it is full or not ours
 */
export async function inCache<T>(cache: string, action: () => Promise<T>, expected = ""): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === expected || !UNWRITABLE.includes(code)) throw cause;
    throw fail("HUB_CACHE_UNWRITABLE", { cache, problem: (cause as Error).message }, { cause });
  }
}

export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const pieces = createReadStream(path, { highWaterMark: 2 ** 20, ...(signal ? { signal } : {}) });
  for await (const piece of pieces) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}

/** @throws HUB_CHECKSUM, HUB_CHECKSUM_FORM */
export function checkDigest(source: string, actual: string, expected: string | undefined): void {
  if (expected === undefined) return;
  if (!/^[0-9a-f]{64}$/i.test(expected)) throw fail("HUB_CHECKSUM_FORM", { expected });
  if (actual !== expected.toLowerCase()) throw fail("HUB_CHECKSUM", { source, actual, expected });
}

/**
 * Moves a finished folder to its place. Another process may have been faster: then its folder, which holds the same, stands;
 * what an older process left unfinished there is replaced.
 */
export async function moveInto(
  temporary: string,
  folder: string,
  complete: () => Promise<boolean>,
): Promise<void> {
  await makeFolder(dirname(folder));
  for (let tries = 0; ; tries++) {
    try {
      await rename(temporary, folder);
      return;
    } catch (error) {
      if (await complete()) return;
      const code = error instanceof Error && "code" in error ? error.code : "";
      if ((code !== "ENOTEMPTY" && code !== "EEXIST") || tries === 3) throw error;
      await discard(folder);
    }
  }
}

/** Removes a file that may be gone already. */
export async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

function blobPath(cache: string, ref: Pick<Ref, "sha256" | "name">): string {
  return join(cache, "blobs", ref.sha256, basename(ref.name));
}

function parseRef(text: string): Ref | null {
  try {
    const ref = JSON.parse(text) as Ref;
    const sound =
      /^[0-9a-f]{64}$/.test(ref.sha256) && typeof ref.name === "string" && Number.isSafeInteger(ref.bytes);
    return sound ? ref : null;
  } catch {
    // A ref that is no JSON is as good as none: the source is fetched again.
    return null;
  }
}
