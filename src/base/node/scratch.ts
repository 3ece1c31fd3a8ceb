import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeError } from "./sink.ts";

/** Memory that Linux keeps as files: writable also in a container whose root is read-only, where the folder for such things is not. */
const IN_MEMORY = "/dev/shm";

/**
 * A new folder for what is gone when its maker is done: the maker removes it.
 * @param purpose a word of its name: "profile"
 * @throws FILE_UNWRITABLE, FILE_DISK_FULL
 */
export async function makeScratch(purpose: string): Promise<string> {
  const prefix = `modelyard-${purpose}-`;
  const folder = tmpdir();
  try {
    return await mkdtemp(join(folder, prefix));
  } catch (cause) {
    if (process.platform === "linux") {
      const made = await mkdtemp(join(IN_MEMORY, prefix)).catch(() => null);
      if (made !== null) return made;
    }
    throw writeError(folder, 0, cause);
  }
}
