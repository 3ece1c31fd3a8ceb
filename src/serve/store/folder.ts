import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { homeFolder } from "../../base/node/index.ts";

/** The file's name in its folder. */
export const DATABASE = "modelyard.sqlite";

/** What says that there is no such file, where anything else, such as a folder that may not be entered, says only that it is not seen. */
const NOT_THERE: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR"]);

/** Whether a folder holds a database already, whatever it may be worth, or may hold one. */
export function hasDatabase(folder: string): boolean {
  try {
    statSync(join(folder, DATABASE));
    return true;
  } catch (error) {
    return !NOT_THERE.has((error as NodeJS.ErrnoException).code);
  }
}

/** The folder of the database: as given, $MODELYARD_DATA, or the XDG data folder. */
export function dataFolder(given?: string): string {
  const fallback = () =>
    join(process.env.XDG_DATA_HOME || join(homeFolder(), ".local", "share"), "modelyard");
  return resolve(given ?? process.env.MODELYARD_DATA ?? fallback());
}
