import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { digestOf } from "../../base/node/index.ts";
import type { Runnable } from "../convert/runnable.ts";
import { type Artefact, compileModel } from "../runtime/index.ts";
import type { OpenedFile } from "./open-file.ts";

type Known = Omit<OpenedFile, "model">;

/**
 * Says which weights a model has, for artefacts made from it: the digest of the file that is run, and place, size and time of
 * the files that hold weights beside it, which may be too large to be read each time that a model is loaded.
 * @param runnable what the runtime is given, or the model itself; weights lie beside it
 * @param digest of the model's own file, where it is known already
 */
export async function sourceOf(
  opened: Known,
  runnable: Pick<Runnable, "path" | "digest">,
  digest?: string,
): Promise<string> {
  const known = runnable.path === opened.path ? digest : runnable.digest;
  const own = known ?? (await digestOf(runnable.path));
  const beside = await Promise.all(
    opened.files.slice(1).map(async ({ name }) => {
      const path = resolve(dirname(opened.path), name);
      const info = await stat(path).catch(() => null);
      // Versions that were trained from one another may have all but their place in common: layers of images keep no times.
      return `${path} ${info?.size ?? 0} ${info?.mtimeMs ?? 0}`;
    }),
  );
  return [own, ...beside].join("\n");
}

/**
 * Compiles a model of any format that can be run.
 * @throws what compileModel and OpenedFile.runnable throw
 */
export async function compileOpened(
  opened: OpenedFile,
  folder: string,
  { ort = false, signal }: { ort?: boolean; signal?: AbortSignal } = {},
): Promise<Artefact> {
  const runnable = await opened.runnable(signal);
  const { path, size } = runnable;
  return compileModel({
    path,
    size,
    folder,
    source: await sourceOf(opened, runnable),
    ort,
    ...(signal ? { signal } : {}),
  });
}
