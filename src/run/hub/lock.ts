import { randomUUID } from "node:crypto";
import { link, readFile, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { makeFolder } from "../../base/node/index.ts";
import { discard, inCache } from "./cache.ts";

/** Nobody downloads one file for so long; of a process on another machine nothing else can be told. */
const FORGOTTEN_MS = 86_400_000;
/** A lock is taken away, or, where hard links are not to be had, written within some milliseconds, or its process has died. */
const MOMENT_MS = 10_000;
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/**
 * Takes a lock file; null where a living process (this one included) has it, on this machine or another that shares the folder.
 * Resolves to what gives it back.
 */
export async function lock(cache: string, path: string): Promise<(() => Promise<void>) | null> {
  await inCache(cache, () => makeFolder(dirname(path)));
  const own = `${process.pid} ${hostname()} ${randomUUID()}`;
  for (let tries = 0; tries < 2; tries++) {
    if (await place(cache, path, own)) return () => giveBack(path, own);
    if (await isHeld(path)) return null;
    await takeAway(cache, path, own);
  }
  return null;
}

/** False where a lock is there. It appears with its owner in it: an empty one would be taken for that of nobody. */
async function place(cache: string, path: string, owner: string): Promise<boolean> {
  const staged = `${path}.${randomUUID()}`;
  try {
    await inCache(cache, () => writeFile(staged, owner, { flag: "wx" }));
    await link(staged, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (!NO_LINKS.has(codeOf(error))) return await inCache(cache, () => Promise.reject(error));
    return await placeSlowly(cache, path, owner);
  } finally {
    await discard(staged);
  }
}

async function placeSlowly(cache: string, path: string, owner: string): Promise<boolean> {
  try {
    await inCache(cache, () => writeFile(path, owner, { flag: "wx" }), "EEXIST");
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function isHeld(path: string): Promise<boolean> {
  const age = await ageOf(path);
  // Given back meanwhile.
  if (age === null) return false;
  const [pid, host] = (await readFile(path, "utf8").catch(() => "")).split(" ");
  if (!pid) return age < MOMENT_MS;
  if (host !== undefined && host !== hostname()) return age < FORGOTTEN_MS;
  return isAlive(Number(pid));
}

/**
 * Removes the lock of an owner that died. One process at a time does so, and looks again: between a look and the removal, another
 * would remove the lock of whoever has just taken it.
 */
async function takeAway(cache: string, path: string, own: string): Promise<void> {
  const taking = `${path}.taking`;
  if (!(await place(cache, taking, own))) {
    if (((await ageOf(taking)) ?? 0) > MOMENT_MS) await discard(taking);
    return;
  }
  try {
    if (!(await isHeld(path))) await discard(path);
  } finally {
    await discard(taking);
  }
}

async function giveBack(path: string, own: string): Promise<void> {
  if ((await readFile(path, "utf8").catch(() => "")) === own) await discard(path);
}

/** Milliseconds since it was written; null where it is gone. */
async function ageOf(path: string): Promise<number | null> {
  const info = await stat(path).catch(() => null);
  return info && Date.now() - info.mtimeMs;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
