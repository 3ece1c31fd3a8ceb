import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fail } from "../errors/index.ts";

/**
 * Makes a folder and those above it; one that is there is left as it is.
 * Node's own way of making several says of a disk that may only be read that there is no such folder, and of one that takes
 * none, such as /proc/sys, it never comes back.
 * @throws FILE_UNWRITABLE where it cannot be made, or a file lies under its name
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    const missing: string[] = [];
    for (let at = resolve(path); !(await isFolder(at)); at = dirname(at)) {
      missing.push(at);
      if (at === dirname(at)) break;
    }
    for (const each of missing.reverse()) await makeOne(each);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw fail("FILE_UNWRITABLE", { path, problem }, { where: path, cause });
  }
}

/** Another process may have been faster. */
async function makeOne(path: string): Promise<void> {
  await mkdir(path).catch(async (cause: unknown) => {
    if (!(await isFolder(path))) throw cause;
  });
}

async function isFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  return info?.isDirectory() === true;
}
