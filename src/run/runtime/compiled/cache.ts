import { createHash } from "node:crypto";
import { readdir, readFile, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isModelyardError } from "../../../base/errors/index.ts";
import { makeFolder } from "../../../base/node/index.ts";
import { ARTEFACT_FILE, type OpenedArtefact, openArtefact } from "./artefact.ts";
import { type CompileOptions, compileModel } from "./compile.ts";
import { makerHere } from "./maker.ts";

/** Says why no artefact of a model can be made here, so that it is not tried again at every start. */
const REFUSED_FILE = "refused.json";
/** How the name of a folder ends in which an artefact is being made. */
const STAGED = ".part";
const DAY_MS = 86_400_000;
/** Nobody loads a model for a month and needs its artefact at once. */
const UNUSED_MS = 30 * DAY_MS;
/** What another version of the runtime made, or another kind of processor: the machines of a cluster may share this folder. */
const FOREIGN_MS = 7 * DAY_MS;
/** Nobody compiles for a day. */
const STAGING_MS = DAY_MS;

export type Kept = { readonly artefact: OpenedArtefact } | { readonly refused: string } | null;

/** The folder of a model's artefact for this machine. */
export function artefactFolder(folder: string, source: string): string {
  const { runtime, platform, processor } = makerHere();
  const key = createHash("sha256").update([source, runtime, platform, processor].join("\0")).digest("hex");
  return join(folder, key.slice(0, 32));
}

/**
 * What is kept for a model: its artefact, or why there is none. One that is damaged or another model's is removed: it can be made again.
 * @param folder of all artefacts
 * @param source as for `compileModel`
 */
export async function findArtefact(folder: string, source: string): Promise<Kept> {
  const own = artefactFolder(folder, source);
  try {
    const artefact = await openArtefact(own);
    if (artefact.artefact.source !== source) {
      // Put there by hand, or from another machine's cache: whole, and another model's.
      await removeArtefact(own).catch(() => {});
      return null;
    }
    // What is kept longest unused goes first.
    const now = new Date();
    await utimes(join(own, ARTEFACT_FILE), now, now).catch(() => {});
    return { artefact };
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    if (error.code !== "ARTEFACT_MISSING") await removeArtefact(own).catch(() => {});
  }
  const text = await readFile(join(own, REFUSED_FILE), "utf8").catch(() => null);
  return text === null ? null : { refused: text };
}

/** What another program is making there at this moment stays. */
async function removeArtefact(own: string): Promise<void> {
  const names = await readdir(own);
  for (const name of names)
    if (!name.endsWith(STAGED)) await rm(join(own, name), { recursive: true, force: true });
  await rmdir(own);
}

/** Makes the artefact of a model, or notes why it cannot be made; a full disk and an end of the program are no reason. */
export async function keepArtefact(
  folder: string,
  options: Omit<CompileOptions, "folder">,
): Promise<OpenedArtefact> {
  const own = artefactFolder(folder, options.source);
  try {
    await compileModel({ ...options, folder: own });
    return await openArtefact(own);
  } catch (error) {
    if (isModelyardError(error) && LASTING.has(error.code)) {
      await makeFolder(own);
      await writeFile(join(own, REFUSED_FILE), error.message);
    }
    throw error;
  }
}

const LASTING = new Set(["COMPILE_FAILED", "COMPILE_TOO_LARGE", "RUN_TYPE_UNSUPPORTED", "RUN_LOAD_FAILED"]);

/**
 * Removes artefacts that nobody has used for long, and what was left behind half made.
 * @param now milliseconds since the epoch
 */
export async function sweepArtefacts(folder: string, now = Date.now()): Promise<void> {
  const here = makerHere();
  for (const name of await readdir(folder).catch(() => [])) {
    const own = join(folder, name);
    const age = async (path: string) => now - ((await stat(path).catch(() => null))?.mtimeMs ?? now);
    const text = await readFile(join(own, ARTEFACT_FILE), "utf8").catch(() => null);
    const used = await age(text === null ? own : join(own, ARTEFACT_FILE));
    const foreign = text !== null && ![here.processor, here.runtime].every((part) => text.includes(part));
    if (used > (foreign ? FOREIGN_MS : UNUSED_MS)) await rm(own, { recursive: true, force: true });
    else await sweepStaging(own, age);
  }
}

async function sweepStaging(own: string, age: (path: string) => Promise<number>): Promise<void> {
  for (const name of await readdir(own).catch(() => [])) {
    if (!name.endsWith(STAGED) || (await age(join(own, name))) < STAGING_MS) continue;
    await rm(join(own, name), { recursive: true, force: true });
  }
}
