import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { inCache, moveInto, refPath, sha256Of, writeWhole } from "./cache.ts";

/** A package as it was asked for, and of whom. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Address of the registry that npm would ask. */
  readonly registry: string;
}

/** Which content a registry has for a package. */
interface NpmRef {
  readonly source: string;
  readonly registry: string;
  /** As the registry stated it, and as the tarball was checked: "sha512-…". */
  readonly integrity: string;
}

/** Written last: a folder without it is somebody's unfinished work. */
const MARK = ".modelyard-complete";
/** Lies in a cache that is sealed. */
const SEAL = "sealed";

/**
 * Folder of a package's files where this registry's content is in the cache, else null. Two registries may have different
 * content for the same name and version: what one of them gave is never taken for the other's.
 */
export async function findPackage(cache: string, asked: NpmPackage): Promise<string | null> {
  const text = await readFile(refPathOf(cache, asked), "utf8").catch(() => null);
  const ref = text === null ? null : parseRef(text);
  if (ref?.registry !== asked.registry || ref.source !== sourceOf(asked)) return sealedPackage(cache, asked);
  const folder = contentFolder(cache, asked, ref.integrity);
  return (await isComplete(folder)) ? join(folder, "package") : null;
}

/**
 * Lets a name and version mean what the cache has for it, whichever registry npm names later. An image is built so: its cache holds what its
 * build has fetched and nothing else, and the build's registry may be one that nobody tells the image of.
 */
export async function sealCache(cache: string): Promise<void> {
  await inCache(cache, () => writeWhole(join(cache, SEAL), ""));
}

async function sealedPackage(cache: string, asked: NpmPackage): Promise<string | null> {
  if (!(await stat(join(cache, SEAL)).catch(() => null))) return null;
  const [folder = null, ...others] = await contentsOf(cache, asked);
  return others.length === 0 ? folder : null;
}

/** Every content that the cache has for a name and version, whoever gave it. */
export async function contentsOf(
  cache: string,
  asked: Pick<NpmPackage, "name" | "version">,
): Promise<string[]> {
  const home = homeOf(cache, asked);
  const folders = (await readdir(home).catch(() => [])).sort().map((name) => join(home, name));
  const complete = await Promise.all(folders.map(isComplete));
  return folders.filter((_, i) => complete[i]).map((folder) => join(folder, "package"));
}

/** Where the file with a digest lies among the contents of a name and version: then it is the right one, whoever gave it. */
export async function findPinned(
  cache: string,
  asked: Pick<NpmPackage, "name" | "version">,
  path: string,
  sha256: string,
  signal?: AbortSignal,
): Promise<string | null> {
  for (const folder of await contentsOf(cache, asked)) {
    const file = join(folder, path);
    const info = await stat(file).catch(() => null);
    if (info?.isFile() && (await sha256Of(file, signal)) === sha256.toLowerCase()) return file;
  }
  return null;
}

/**
 * Keeps a package under its integrity, and notes that this registry has it. `fetch` is called where no registry has brought
 * this content yet; it checks and unpacks it into the folder that it is given.
 */
export async function keepPackage(
  cache: string,
  asked: NpmPackage,
  integrity: string,
  temporary: string,
  fetch: (into: string) => Promise<void>,
): Promise<string> {
  const folder = contentFolder(cache, asked, integrity);
  if (!(await isComplete(folder))) {
    await fetch(join(temporary, "package"));
    await inCache(cache, async () => {
      await writeWhole(join(temporary, MARK), "");
      await moveInto(temporary, folder, () => isComplete(folder));
    });
  }
  const ref: NpmRef = { source: sourceOf(asked), registry: asked.registry, integrity };
  await inCache(cache, () => writeWhole(refPathOf(cache, asked), JSON.stringify(ref)));
  return join(folder, "package");
}

function homeOf(cache: string, { name, version }: Pick<NpmPackage, "name" | "version">): string {
  return join(cache, "npm", name.replace("/", "+"), version);
}

/** An integrity holds characters that no file name may. */
function contentFolder(cache: string, asked: NpmPackage, integrity: string): string {
  return join(homeOf(cache, asked), createHash("sha256").update(integrity).digest("hex"));
}

function refPathOf(cache: string, asked: NpmPackage): string {
  return refPath(cache, `${sourceOf(asked)} ${asked.registry}`);
}

function sourceOf({ name, version }: NpmPackage): string {
  return `npm:${name}@${version}`;
}

async function isComplete(folder: string): Promise<boolean> {
  return (await stat(join(folder, MARK)).catch(() => null)) !== null;
}

function parseRef(text: string): NpmRef | null {
  try {
    const ref = JSON.parse(text) as NpmRef;
    return typeof ref.integrity === "string" ? ref : null;
  } catch {
    // A ref that is no JSON is as good as none: the registry is asked again.
    return null;
  }
}
