import { stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { writeWhole } from "../../base/node/index.ts";
import { cacheFolder } from "../hub/index.ts";
import { isPath, isVersion, scanFolder } from "./folder.ts";
import type { OpenedModel } from "./open.ts";

/**
 * Writes what is known of a model into the model.yaml that the folder of the model is read with, for a person to correct.
 * What a person wrote is never replaced.
 * @param options.asked what was asked for, by default the model's file
 * @returns the path of the file
 * @throws INSPECT_WRITE_EXISTS, INSPECT_WRITE_PLACE, FILE_UNWRITABLE, FILE_DISK_FULL
 */
export async function writeModelFile(
  opened: OpenedModel,
  options: { cache?: string; asked?: string } = {},
): Promise<string> {
  const folder = await folderOf(opened, cacheFolder(options.cache));
  const path = join(folder, "model.yaml");
  if (await stat(path).catch(() => null)) throw fail("INSPECT_WRITE_EXISTS", { path }, { where: path });
  const { writeModelYaml } = await import("../../model/contract/file/write.ts");
  const text = writeModelYaml(opened.contract, {
    name: nameFor(opened, folder, options.asked ?? opened.path),
  });
  await writeWhole(path, [new TextEncoder().encode(text)]);
  return path;
}

/**
 * The name under which it is served from then on: that of its folder, as among other models it has without a model.yaml, unless a
 * person named a file of another name than `model`.
 */
function nameFor({ path, name }: OpenedModel, folder: string, asked: string): string {
  const file = basename(path);
  const isNamed = resolve(asked) === resolve(path) && file.slice(0, -extname(file).length) !== "model";
  return isNamed ? name : basename(resolve(folder));
}

/** The folder whose model.yaml describes this model, and no other. */
async function folderOf(opened: OpenedModel, cache: string): Promise<string> {
  const refuse = (problem: string) =>
    fail("INSPECT_WRITE_PLACE", { source: opened.source, problem }, { where: opened.path });
  if (opened.found.file.model === undefined && (!isPath(opened.source) || isInside(opened.path, cache)))
    throw refuse("it lies in the cache, where nothing is to be changed");
  const own = opened.found.folders.at(-1);
  if (own !== undefined) return own;
  // A file that was named by itself: the folder it lies in, or the one above a version's.
  const beside = dirname(resolve(opened.path));
  const folder = isVersion(basename(beside)) ? dirname(beside) : beside;
  const names = new Set((await scanFolder(folder)).map(({ name }) => name));
  if (names.size > 1) {
    const shown = [...names].slice(0, 5).join(", ");
    throw refuse(`${folder} holds ${names.size} models (${shown}${names.size > 5 ? ", …" : ""})`);
  }
  return folder;
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, resolve(path));
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
}
