import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A package that is installed. */
export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
}

/**
 * A package as whoever stands in the working folder would import it, or else as this program would; null where neither has it.
 * @throws what reading a package.json throws where one is there and cannot be read
 */
export async function findPackage(
  name: string,
  from: readonly string[] = roots(),
): Promise<InstalledPackage | null> {
  for (const root of from) {
    for (let at = root; ; at = dirname(at)) {
      const folder = join(at, "node_modules", name);
      const text = await readFile(join(folder, "package.json"), "utf8").catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
          throw error;
        },
      );
      if (text !== null)
        return { folder, version: String((JSON.parse(text) as { version?: unknown }).version) };
      if (dirname(at) === at) break;
    }
  }
  return null;
}

function roots(): string[] {
  return [process.cwd(), dirname(fileURLToPath(import.meta.url))];
}
