import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { makeFolder } from "./folder.ts";

/** Of these files' form; another one is not read. */
const FORMAT = 2;
/** A vocabulary of a hundred thousand words is some megabytes; what is larger is none of ours, and is not kept. */
const MAX_BYTES = 16 * 2 ** 20;
const DAY_MS = 86_400_000;
const UNUSED_MS = 30 * DAY_MS;

/**
 * What was found out before, a file for each thing, so that it need not be found out again.
 * @param key all that it depends on
 * @param within milliseconds that it is believed
 * @returns null where nothing is kept, or nothing that can be read
 */
export async function findKept<T>(
  folder: string,
  key: readonly unknown[],
  isOne: (value: unknown) => value is T,
  within = UNUSED_MS,
): Promise<T | null> {
  const path = fileOf(folder, key);
  const info = await stat(path).catch(() => null);
  if (info === null || info.size > MAX_BYTES) return null;
  const page = parse(await readFile(path, "utf8").catch(() => ""));
  if (page?.format !== FORMAT || !isOne(page.value)) return null;
  const age = Date.now() - Number(page.made);
  // From before the clock was set back, it would be believed for ever.
  if (!(age >= -DAY_MS && age < within)) return null;
  const now = new Date();
  // What is kept longest unused goes first.
  await utimes(path, now, now).catch(() => {});
  return page.value;
}

/** @param value plain data, which JSON can write */
export async function keep(folder: string, key: readonly unknown[], value: unknown): Promise<void> {
  const path = fileOf(folder, key);
  const text = `${JSON.stringify({ format: FORMAT, made: Date.now(), value })}\n`;
  if (text.length > MAX_BYTES) return;
  await makeFolder(folder);
  // Several models of one program, and several programs, find out the same at once.
  const staged = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(staged, text);
    await rename(staged, path);
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  }
  await sweep(folder);
}

/** As it is kept: what was cut or edited since has another digest. */
interface Whole {
  readonly sha256: string;
  readonly text: string;
}

/** What `keepWhole` has kept, just as it was; null where nothing is kept or it was changed since. */
export async function findWhole<T>(folder: string, key: readonly unknown[]): Promise<T | null> {
  const whole = await findKept(folder, key, isWhole);
  return whole === null ? null : (JSON.parse(whole.text) as T);
}

/** Keeps plain data by whose form nobody can tell whether it was damaged. What cannot be kept, here or as JSON, is found out again. */
export async function keepWhole(folder: string, key: readonly unknown[], value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  // JSON knows no infinity, and no undefined.
  if (text === undefined || !isDeepStrictEqual(JSON.parse(text), value)) return;
  const whole: Whole = { sha256: digestOfText(text), text };
  await keep(folder, key, whole).catch(() => {});
}

function isWhole(value: unknown): value is Whole {
  const { sha256, text } = (value ?? {}) as Partial<Whole>;
  return typeof text === "string" && sha256 === digestOfText(text);
}

function digestOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Removes what nobody has used for long. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info && Date.now() - info.mtimeMs > UNUSED_MS) await rm(path, { force: true });
  }
}

function fileOf(folder: string, key: readonly unknown[]): string {
  const name = createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 32);
  return join(folder, `${name}.json`);
}

function parse(text: string): { format?: unknown; made?: unknown; value?: unknown } | null {
  try {
    return JSON.parse(text);
  } catch {
    // Written by hand, or cut: it is found out again.
    return null;
  }
}
