import { readFile, stat } from "node:fs/promises";
import { checkFile, fileError } from "./file.ts";

/**
 * Reads a file that a person named. A pipe is read to its end, as a shell's `<(…)` gives one; a
 * device may have none.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function readGiven(path: string): Promise<Buffer> {
  const refuse = (cause: unknown) => {
    throw fileError(path, cause);
  };
  const info = await stat(path).catch(refuse);
  if (!info.isFIFO()) checkFile(path, info);
  return readFile(path).catch(refuse);
}
