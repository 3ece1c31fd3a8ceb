import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder, writeWhole } from "../../base/node/index.ts";
import { type ByteSource, checkSiblingName } from "../../base/sources/index.ts";
import type { Contract, ModelFile } from "../../model/contract/contract.ts";
import { writeModelYaml } from "../../model/contract/file/write.ts";
import { type OpenedModel, openSource } from "./open.ts";

const PAGE = "model.yaml";
const PIECE = 2 ** 20;

/**
 * Writes what a model's tensors mean into a folder where its graph lies in another form: model.yaml, and the files that it names.
 * @param serving how it is to be run
 * @throws FILE_*
 */
export async function writeDescription(
  opened: OpenedModel,
  folder: string,
  serving: ModelFile["serving"] = opened.file.serving,
): Promise<void> {
  for (const name of namedFiles(opened.contract)) await copySibling(opened, name, join(folder, name));
  const text = writeModelYaml(opened.contract, { name: opened.name, ...(serving && { serving }) });
  await writeWhole(join(folder, PAGE), [new TextEncoder().encode(text)]);
}

/** What became of a description: it was written, is not needed, or another one stands there. */
export type Described = "written" | "says so itself" | "another";

/**
 * The same where the other form does not say it by itself, as what a file of another format packs beside its graph. A page that stands
 * there is somebody's, and stays.
 * @throws FILE_*, and what opening the other form throws
 */
export async function describeCompiled(opened: OpenedModel, folder: string): Promise<Described> {
  const result = await openSource(folder);
  const isSame = said(result) === said(opened);
  await result.close();
  if (isSame) return "says so itself";
  if (await stat(join(folder, PAGE)).catch(() => null)) return "another";
  await writeDescription(opened, folder);
  return "written";
}

/** All that a description says, whoever said it and whatever the model is called. */
function said({ contract, file }: OpenedModel): string {
  return writeModelYaml({ ...contract, evidence: [] }, file.serving ? { serving: file.serving } : {});
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
