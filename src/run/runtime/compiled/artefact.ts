import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { digestOf } from "../../../base/node/index.ts";
import { type Maker, makerHere } from "./maker.ts";

/** The file that makes a folder an artefact. It is put there last: a folder without it holds nothing finished. */
export const ARTEFACT_FILE = "artefact.json";
/** Of this page's form; another one is not read. */
const FORMAT = 2;
/** What the weights beside it are called. */
const WEIGHTS_NAME = /^model-[0-9a-f]{12}\.weights$/;
/** What one is at most: names and digests of two files. */
const MAX_BYTES = 65_536;

export interface ArtefactFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Milliseconds since the epoch; whole seconds count, since archives keep no finer time. */
  readonly modified: number;
}

/** A model as the runtime has optimised it for one kind of processor; `artefact.json` beside it. */
export interface Artefact {
  readonly artefact: typeof FORMAT;
  /** What it was made from: see `compileModel`. */
  readonly source: string;
  readonly made: Maker;
  /** The graph, then its weights where they lie beside it. */
  readonly files: readonly ArtefactFile[];
  readonly measured: Measured;
}

/** What was seen when it was made. */
export interface Measured {
  /** Milliseconds that loading took: the source's file, and the artefact. */
  readonly load: { readonly source: number; readonly artefact: number };
  /** Outputs of made-up inputs that were compared and are the same bit for bit; 0 where no made-up input could be run. */
  readonly compared: number;
}

/** An artefact that may be run here. */
export interface OpenedArtefact {
  /** The graph's path. */
  readonly path: string;
  readonly artefact: Artefact;
}

/**
 * Reads an artefact and makes sure that it is whole and made for this machine. Weights that lie as they were written are not
 * read: their size and time are looked at.
 * @param folder in which artefact.json lies
 * @throws ARTEFACT_MISSING, ARTEFACT_DAMAGED, ARTEFACT_FOREIGN
 */
export async function openArtefact(folder: string, here: Maker = makerHere()): Promise<OpenedArtefact> {
  const artefact = await checkArtefact(folder, here);
  const [graph] = artefact.files as [ArtefactFile];
  const path = join(folder, graph.name);
  const problem = await findDamage(path, graph, true);
  if (problem !== null) throw damaged(folder, `${graph.name} ${problem}`);
  return { path, artefact };
}

/**
 * Whether an artefact that was opened before still is there and as it was: only what was touched since is read again.
 * @throws ARTEFACT_MISSING, ARTEFACT_DAMAGED, ARTEFACT_FOREIGN
 */
export async function checkArtefact(folder: string, here: Maker = makerHere()): Promise<Artefact> {
  const artefact = await readArtefact(folder);
  for (const key of ["runtime", "platform", "processor"] as const) {
    if (artefact.made[key] === here[key]) continue;
    throw fail("ARTEFACT_FOREIGN", { folder, what: key, made: artefact.made[key], here: here[key] });
  }
  for (const file of artefact.files) {
    const problem = await findDamage(join(folder, file.name), file, false);
    if (problem !== null) throw damaged(folder, `${file.name} ${problem}`);
  }
  return artefact;
}

/**
 * The artefact that a model file is the graph of; null where it is none.
 * @throws ARTEFACT_DAMAGED, ARTEFACT_FOREIGN
 */
export async function artefactOf(path: string): Promise<OpenedArtefact | null> {
  const folder = dirname(path);
  const text = await readFile(join(folder, ARTEFACT_FILE), "utf8").catch(() => null);
  if (text === null) return null;
  const page = parse(text);
  // Anybody's file may have this name; with such weights beside it, it is ours, and no longer says for which processor they are.
  const isOurs = page
    ? page.files.some(({ name }) => name === basename(path))
    : (await readdir(folder)).some((name) => WEIGHTS_NAME.test(name));
  return isOurs ? openArtefact(folder) : null;
}

async function readArtefact(folder: string): Promise<Artefact> {
  const path = join(folder, ARTEFACT_FILE);
  const info = await stat(path).catch((cause: unknown) => {
    throw fail("ARTEFACT_MISSING", { folder }, { cause });
  });
  if (info.size > MAX_BYTES) throw damaged(folder, `${ARTEFACT_FILE} has ${info.size} bytes`);
  const artefact = parse(await readFile(path, "utf8"));
  if (artefact === null) throw damaged(folder, `${ARTEFACT_FILE} is not of the form that is read here`);
  return artefact;
}

/** Null where a page is not of this form; names that lead elsewhere are none of its. */
function parse(text: string): Artefact | null {
  let page: Partial<Artefact>;
  try {
    page = JSON.parse(text) as Partial<Artefact>;
  } catch {
    return null;
  }
  if (page === null || typeof page !== "object" || page.artefact !== FORMAT) return null;
  const { made, files, measured } = page;
  if (typeof made !== "object" || made === null || typeof measured !== "object" || measured === null)
    return null;
  if (!Array.isArray(files) || files.length === 0) return null;
  const isFile = (file: unknown) => {
    const { name, bytes, sha256, modified } = (file ?? {}) as Record<string, unknown>;
    if (typeof name !== "string" || basename(name) !== name || name.startsWith(".")) return false;
    return Number.isSafeInteger(bytes) && typeof sha256 === "string" && typeof modified === "number";
  };
  return files.every(isFile) ? (page as Artefact) : null;
}

/** The graph is small and read; weights are read only where somebody touched them. */
async function findDamage(path: string, file: ArtefactFile, isGraph: boolean): Promise<string | null> {
  const info = await stat(path).catch(() => null);
  if (info === null) return "is not there";
  if (info.size !== file.bytes) return `has ${info.size} bytes, not ${file.bytes}`;
  const untouched = Math.floor(info.mtimeMs / 1000) === Math.floor(file.modified / 1000);
  if (untouched && !isGraph) return null;
  return (await digestOf(path)) === file.sha256 ? null : "has other contents than were written";
}

/** What `artefact.json` says of a file. */
export async function describeFile(path: string): Promise<ArtefactFile> {
  const { size, mtimeMs } = await stat(path);
  return { name: basename(path), bytes: size, sha256: await digestOf(path), modified: Math.floor(mtimeMs) };
}

function damaged(folder: string, problem: string) {
  return fail("ARTEFACT_DAMAGED", { folder, problem }, { where: folder });
}

export function pageOf(source: string, files: readonly ArtefactFile[], measured: Measured): Artefact {
  return { artefact: FORMAT, source, made: makerHere(), files, measured };
}
