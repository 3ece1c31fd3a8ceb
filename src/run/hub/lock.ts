import { readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../../base/node/index.ts";
import { discard, inCache } from "./cache.ts";

/** Takes a lock file; null where a living process (this one included) has it. Resolves to what gives it back. */
export async function lock(cache: string, path: string): Promise<(() => Promise<void>) | null> {
  await inCache(cache, () => makeFolder(dirname(path)));
  for (let tries = 0; tries < 2; tries++) {
    try {
      await inCache(cache, () => writeFile(path, String(process.pid), { flag: "wx" }), "EEXIST");
      return () => discard(path);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const owner = Number(await readFile(path, "utf8").catch(() => ""));
      if (owner > 0 && isAlive(owner)) return null;
      // Its owner died: the lock is nobody's.
      await discard(path);
    }
  }
  return null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
