import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The file's name in its folder. */
export const DATABASE = "modelyard.sqlite";

/** Whether a folder holds a database already, whatever it may be worth. */
export function hasDatabase(folder: string): boolean {
  return existsSync(join(folder, DATABASE));
}

/** The folder of the database: as given, $MODELYARD_DATA, or the XDG data folder. */
export function dataFolder(given?: string): string {
  const fallback = () => join(process.env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "modelyard");
  return resolve(given ?? process.env.MODELYARD_DATA ?? fallback());
}
