import { copyFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileError, makeFolder, writeError } from "../../base/node/index.ts";
import { writeDescription } from "../pipeline/description.ts";
import type { OpenedModel } from "../pipeline/index.ts";
import type { Variant } from "./variant/variant.ts";

/**
 * Puts a variant into a folder that `run` and `serve` take: its files, and a model.yaml with what its tensors mean and how it is to be
 * run. What was chosen before is replaced.
 * @param out folder of the search
 * @param device on which it was measured, where a person named one
 * @returns the folder
 * @throws FILE_*
 */
export async function writeChosen(
  opened: OpenedModel,
  variant: Variant,
  out: string,
  device?: string,
): Promise<string> {
  const folder = join(out, "chosen");
  await rm(folder, { recursive: true, force: true });
  await makeFolder(folder);
  const { precision, compiled } = variant;
  const isOwn = precision === "original" && !compiled;
  const from = isOwn
    ? dirname(opened.path)
    : join(out, "models", `${precision}${compiled ? "-compiled" : ""}`);
  const names = isOwn ? opened.files.map(({ name }) => name) : await readdir(from);
  for (const [i, name] of names.entries()) {
    const target = join(folder, isOwn && i === 0 ? basename(opened.path) : name);
    await makeFolder(dirname(target));
    const path = isOwn && i === 0 ? opened.path : join(from, name);
    await copyFile(path, target).catch((cause: unknown) => {
      // A file that was not there to be copied, or no room for the copy.
      const { code } = cause as NodeJS.ErrnoException;
      throw code === "ENOENT" ? fileError(path, cause) : writeError(target, 0, cause);
    });
  }
  const { instances, threads, batch } = variant;
  const serving = {
    ...opened.file.serving,
    instances,
    threads,
    ...(device === undefined ? {} : { device }),
    ...(batch === null ? {} : { max_batch: batch }),
  };
  await writeDescription(opened, folder, serving);
  return folder;
}
