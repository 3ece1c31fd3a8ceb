import type { Contract, ModelFile } from "../../model/contract/contract.ts";
import { describe } from "../../model/contract/describe.ts";
import { checkFit } from "../../model/contract/file/fit.ts";
import type { Locate } from "../../model/contract/file/locate.ts";
import { withModelFile } from "../../model/contract/file/merge.ts";
import { inferContract } from "../../model/contract/infer.ts";
import { lowerWherePossible } from "../../model/formats/lower.ts";
import type { Model } from "../../model/graph/graph.ts";
import { signatureOf } from "../../model/graph/signature.ts";
import type { Signature } from "../../model/tensor/tensor.ts";
import type { ResolveOptions } from "../hub/index.ts";
import { pickTask } from "../tasks/pick.ts";
import type { TaskRow } from "../tasks/task.ts";
import { type Config, readConfig } from "./config.ts";
import type { Found } from "./folder.ts";
import { readWords, type Words } from "./labels.ts";
import { fetchFound, findOne, type OpenedFile, openFileAt, type Reading } from "./open-file.ts";
import { settleOutputs } from "./settled.ts";

export type { ModelPart } from "./open-file.ts";

/** What is known of a model before any of its weights is read, by whomever the file was read. */
export interface KnownModel extends Omit<OpenedFile, "model"> {
  /**
   * As the file declares it, and lengths of outputs that it leaves open as the graph has them; what config.pbtxt fixes or leaves
   * out is so.
   */
  readonly signature: Signature;
  readonly contract: Contract;
  /** The sentence of `inspect`. */
  readonly summary: string;
  readonly task: TaskRow;
  /** model.yaml, with what config.pbtxt says filled in. */
  readonly file: ModelFile;
  /** Files beside the model or packed into it that should declare something of it and cannot be read. */
  readonly warnings: readonly string[];
  /** Labels, dictionaries and vocabularies. @throws MODEL_NO_LABELS_FILE, MODEL_LABELS_TOO_LARGE */
  words(): Promise<Words>;
}

/** A model whose graph is at hand. */
export interface OpenedModel extends KnownModel {
  readonly model: Model;
}

/**
 * Opens a model for looking at it: fetches it if need be, reads its header, works out what its tensors mean.
 * @param source a model file, a folder that holds one model, or any source of hub/
 * @throws FILE_*, HUB_*, MODEL_*, CONTRACT_*
 */
export async function openSource(source: string, options: ResolveOptions = {}): Promise<OpenedModel> {
  return openFound(await findOne(source, options), options);
}

/** Opens a model that a folder told of. */
export async function openFound(found: Found, options: ResolveOptions = {}): Promise<OpenedModel> {
  // What a person wrote is looked at before anything is fetched.
  const config = await readConfig(found);
  return openBy(config, await fetchFound(found, options), found, options);
}

/** Opens a model of which the file is here. @throws FILE_*, MODEL_*, CONTRACT_*, TASK_* */
export async function openAt(
  path: string,
  found: Found,
  options: ResolveOptions,
  reading?: Reading,
): Promise<OpenedModel> {
  return openBy(await readConfig(found), path, found, options, reading);
}

async function openBy(
  config: Config,
  path: string,
  found: Found,
  options: ResolveOptions,
  reading?: Reading,
): Promise<OpenedModel> {
  const opened = await openFileAt(path, found, options, reading);
  try {
    return await understandBy(config, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * Works out what the tensors of an opened model mean; closing it stays the caller's business.
 * @throws MODEL_*, CONTRACT_*, TASK_*
 */
export async function understand(opened: OpenedFile): Promise<OpenedModel> {
  return understandBy(await readConfig(opened.found), opened);
}

async function understandBy({ file, compare }: Config, opened: OpenedFile): Promise<OpenedModel> {
  const { model, sibling } = opened;
  const own = await settleOutputs(model, signatureOf(model));
  // What the graph shows is shown in ONNX operators.
  const lowered = await lowerWherePossible(model);
  const known = new Set(lowered.notes);
  const warnings: string[] = [];
  const inferred = await inferContract(lowered, sibling, (problem) => warnings.push(problem));
  // What is noted of its meaning is to be read where the model is shown; both may keep their notes in one list.
  if (lowered.notes !== model.notes) model.notes.push(...lowered.notes.filter((note) => !known.has(note)));
  model.notes.push(...warnings);
  const signature = compare(own, inferred);
  const { yaml } = opened.found;
  const locate = yaml ? await locateBy(yaml) : nowhere;
  const contract = withModelFile(inferred, file, own, locate);
  const task = pickTask(contract, locate(["task"]));
  const written = { file: opened.found.file, locate };
  checkFit(contract, own, written);
  if (yaml) {
    const { checkWritten } = await import("./written.ts");
    await checkWritten({ opened, contract, signature: own, task }, written);
  }
  const summary = describe(signature, contract).sentence;
  return {
    ...opened,
    signature,
    contract,
    summary,
    task,
    file,
    warnings,
    words: () => readWords(contract, sibling),
  };
}

async function locateBy({ text, path }: NonNullable<Found["yaml"]>): Promise<Locate> {
  // Most models have none, and need no parser of YAML.
  const { locateIn } = await import("../../model/contract/file/locate.ts");
  return locateIn(text, path);
}

/** Nothing was written, so nothing stands anywhere. */
const nowhere = () => undefined;
