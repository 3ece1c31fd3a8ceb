import { mkdir } from "node:fs/promises";
import { fail, isModelyardError } from "../../base/errors/index.ts";

/** An unpacked package beyond this is no package of models. */
const MAX_UNPACKED = 20 * 2 ** 30;
const MAX_FILES = 200_000;

/**
 * Unpacks a package's tarball: plain files alone, no links, nothing outside `into` (tar refuses those paths), and not
 * without end, as a small file may unpack into.
 * @throws HUB_TOO_LARGE, HUB_NPM_INTEGRITY
 */
export async function unpack(
  source: string,
  file: string,
  into: string,
  signal?: AbortSignal,
): Promise<void> {
  const tar = await import("tar");
  await mkdir(into, { recursive: true });
  let bytes = 0;
  let files = 0;
  let tooLarge: Error | null = null;
  try {
    await tar.extract({
      file,
      cwd: into,
      strip: 1,
      strict: true,
      preserveOwner: false,
      filter: (path, entry) => {
        signal?.throwIfAborted();
        if (!("type" in entry) || (entry.type !== "File" && entry.type !== "OldFile")) return false;
        bytes += entry.size ?? 0;
        files++;
        if (bytes <= MAX_UNPACKED && files <= MAX_FILES) return true;
        tooLarge ??= fail("HUB_TOO_LARGE", { source, size: bytes, limit: MAX_UNPACKED }, { where: path });
        throw tooLarge;
      },
    });
  } catch (cause) {
    if (tooLarge) throw tooLarge;
    if (isModelyardError(cause) || signal?.aborted) throw cause;
    if (cause instanceof Error && "tarCode" in cause) {
      throw fail("HUB_NPM_INTEGRITY", { source, problem: cause.message }, { cause });
    }
    throw cause;
  }
}
