import { copyFile, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileError, makeFolder, writeError, writeWhole } from "../../base/node/index.ts";
import { type ByteSource, checkSiblingName } from "../../base/sources/index.ts";
import type { Contract } from "../../model/contract/contract.ts";
import { writeModelYaml } from "../../model/contract/file/write.ts";
import type { OpenedModel } from "../pipeline/index.ts";
import { writeText } from "./kept.ts";
import type { Variant } from "./variant/variant.ts";

const PIECE = 2 ** 20;

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
  const beside = namedFiles(opened.contract);
  for (const name of beside) await copySibling(opened, name, join(folder, name));
  const { instances, threads, batch } = variant;
  const serving = {
    ...opened.file.serving,
    instances,
    threads,
    ...(device === undefined ? {} : { device }),
    ...(batch === null ? {} : { max_batch: batch }),
  };
  await writeText(
    join(folder, "model.yaml"),
    writeModelYaml(opened.contract, { name: opened.name, serving }),
  );
  return folder;
}

/** Files that a contract names: labels, dictionaries, vocabularies, parameters of calibrations. */
function namedFiles({ inputs, outputs }: Contract): Set<string> {
  const names = new Set<string>();
  const add = (given: unknown) => {
    if (typeof given === "string") names.add(given);
  };
  for (const input of Object.values(inputs)) {
    if (input.kind === "text" && typeof input.tokenizer === "object") add(input.tokenizer?.vocabulary);
  }
  for (const output of Object.values(outputs)) {
    if ("labels" in output) add(output.labels);
    if ("dictionary" in output) add(output.dictionary);
    if ("calibration" in output) add(output.calibration?.parameters);
  }
  return names;
}

async function copySibling(opened: OpenedModel, name: string, path: string): Promise<void> {
  // What a model file carries with it may have any name.
  checkSiblingName(name, opened.name);
  const source = await opened.sibling(name);
  // A file that is missing is told of where the model is run.
  if (!source) return;
  await makeFolder(dirname(path));
  await writeWhole(path, piecesOf(source));
}

async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; at += PIECE) yield source.read(at, Math.min(PIECE, source.size - at));
}
