import { basename, dirname, resolve } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { openModelSource, openSibling } from "../../base/node/index.ts";
import type { ByteSource, ModelSource } from "../../base/sources/source.ts";
import type { Contract, ModelFile } from "../../model/contract/contract.ts";
import {
  compareDeclared,
  describe,
  importConfigPbtxt,
  inferContract,
  parseConfigPbtxt,
  readDeclared,
  withModelFile,
} from "../../model/contract/index.ts";
import { openModel, signatureOf } from "../../model/formats/index.ts";
import type { Model } from "../../model/graph/graph.ts";
import { constantsOf } from "../../model/graph/index.ts";
import type { Signature } from "../../model/tensor/tensor.ts";
import { checkNamed, type ResolveOptions, resolveSource } from "../hub/index.ts";
import { pickTask, type Task } from "../tasks/index.ts";
import { type Found, isPath, scanFolder } from "./folder.ts";

/** A file of a model. */
export interface ModelPart {
  /** As the model names it: relative to the model file's folder. */
  readonly name: string;
  readonly bytes: number;
}

/** What is known of a model before any of its weights is read. */
export interface OpenedModel {
  readonly name: string;
  /** Where the file lies on this machine. */
  readonly path: string;
  /** As it was asked for. */
  readonly source: string;
  /** Of all its files. */
  readonly bytes: number;
  /** The model file, then the files that hold weights beside it. */
  readonly files: readonly ModelPart[];
  readonly model: Model;
  /** As the file declares it; what config.pbtxt fixes or leaves out is so. */
  readonly signature: Signature;
  readonly contract: Contract;
  /** The sentence of `inspect`. */
  readonly summary: string;
  readonly task: Task;
  /** model.yaml, with what config.pbtxt says filled in. */
  readonly file: ModelFile;
  /** Opens a file that belongs to the model: beside it, or beside its model.yaml. */
  sibling(name: string): Promise<ByteSource | null>;
  close(): Promise<void>;
}

/**
 * Opens a model for looking at it: fetches it if need be, reads its header, works out what its tensors mean.
 * @param source a model file, a folder that holds one model, or any source of hub/
 * @throws FILE_*, HUB_*, MODEL_*, CONTRACT_*
 */
export async function openSource(source: string, options: ResolveOptions = {}): Promise<OpenedModel> {
  return openFound(await findOne(source), options);
}

/** The one model that a path or source names. */
async function findOne(source: string): Promise<Found> {
  checkNamed(source);
  if (!isPath(source)) return { name: source, version: "1", source, folders: [], file: {}, pbtxt: null };
  const found = await scanFolder(source);
  const first = found.at(-1);
  if (!first) throw fail("MODEL_NOT_IN_FOLDER", { folder: source });
  const names = [...new Set(found.map((each) => each.name))];
  // Several versions of one model: the newest is meant. Several models: the person must say which.
  if (names.length > 1) throw fail("MODEL_SEVERAL_IN_FOLDER", { folder: source, files: names.join(", ") });
  const newest = found.reduce((a, b) => (BigInt(b.version) > BigInt(a.version) ? b : a));
  if ("error" in newest) throw newest.error;
  return newest;
}

/** Opens a model that a folder told of. */
export async function openFound(found: Found, options: ResolveOptions = {}): Promise<OpenedModel> {
  const { file, compare } = readConfig(found);
  const resolved = await resolveSource(found.source, {
    ...options,
    ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
  });
  const main = await openModelSource(resolved.path);
  const others: ByteSource[] = [];
  const close = async () => {
    await Promise.all([main, ...others].map((each) => each.close()));
  };
  try {
    const sibling = async (name: string) => {
      const beside = await main.sibling(name);
      if (beside) return beside;
      for (const folder of found.folders) {
        if (folder === dirname(resolved.path)) continue;
        const other = await openSibling(folder, name);
        if (other) {
          others.push(other);
          return other;
        }
      }
      return null;
    };
    const model = await openModel(main, options.signal);
    const own = signatureOf(model);
    const inferred = await inferContract(model, sibling);
    const signature = compare(own, inferred);
    const contract = withModelFile(inferred, file, own);
    const files = await filesOf(model, main, resolved.path);
    return {
      name: found.name,
      path: resolved.path,
      source: found.source,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      files,
      model,
      signature,
      contract,
      summary: describe(signature, contract).sentence,
      task: pickTask(contract),
      file,
      sibling,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function filesOf(model: Model, source: ModelSource, path: string): Promise<ModelPart[]> {
  const files: ModelPart[] = [{ name: basename(path), bytes: source.main.size }];
  const names = new Set<string>();
  for (const { origin } of constantsOf(model)) if ("file" in origin) names.add(origin.file);
  names.delete(source.main.name);
  for (const name of [...names].sort()) {
    const part = await source.sibling(name);
    if (part) files.push({ name, bytes: part.size });
  }
  return files;
}

interface Config {
  /** model.yaml, and what it leaves open from config.pbtxt. */
  readonly file: ModelFile;
  /** Holds config.pbtxt to the model; the signature with what it fixes. @throws CONTRACT_PBTXT_MISFIT */
  compare(signature: Signature, contract: Contract): Signature;
}

function readConfig({ file, pbtxt }: Found): Config {
  if (!pbtxt) return { file, compare: (signature) => signature };
  const { path } = pbtxt;
  const config = parseConfigPbtxt(pbtxt.text, path);
  const imported = importConfigPbtxt(config, path);
  const declared = readDeclared(config, path);
  const folder = basename(dirname(resolve(path)));
  return {
    file: { ...imported, ...file, serving: { ...imported.serving, ...file.serving } },
    compare: (signature, contract) =>
      compareDeclared(declared, signature, { folder, held: heldTensors([contract, file]) }),
  };
}

/** Tensors that a stream or the contract gives, so that nobody who asks sees them. */
function heldTensors(parts: readonly Pick<ModelFile, "states" | "constants">[]): Set<string> {
  return new Set(
    parts.flatMap(({ states = {}, constants = {} }) => [
      ...Object.values(states).flatMap(({ input, output }) => [input, output]),
      ...Object.values(constants).map(({ tensor }) => tensor),
    ]),
  );
}
