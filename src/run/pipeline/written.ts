import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, isModelyardError, ModelyardError, toPlainError } from "../../base/errors/index.ts";
import type { ByteSource } from "../../base/sources/source.ts";
import type { Contract, InputContract, OutputContract } from "../../model/contract/contract.ts";
import { checkLabels, nameOf, type Source } from "../../model/contract/index.ts";
import type { Signature } from "../../model/tensor/tensor.ts";
import { checkDeviceName } from "../runtime/providers/table.ts";
import { HEAD_BYTES, misfitOfExample } from "../tasks/example-kind.ts";
import type { TaskRow } from "../tasks/task.ts";
import { isPath } from "./folder.ts";
import { readLines } from "./labels.ts";
import type { OpenedFile } from "./open-file.ts";

/** A model that model.yaml tells of. */
export interface Told {
  readonly opened: OpenedFile;
  readonly contract: Contract;
  readonly signature: Signature;
  readonly task: TaskRow;
}

/**
 * Looks for all that model.yaml names beyond the model itself: files beside it, and the device. What is wrong is told with the
 * line, before anybody waits for the model or asks it in vain.
 * @throws MODEL_PART_MISSING, FILE_ESCAPES_FOLDER, FILE_LINK_ESCAPES, CONTRACT_MISFIT, RUN_DEVICE_UNKNOWN, each with the line
 */
export async function checkWritten(told: Told, written: Source): Promise<void> {
  const { opened, contract, signature, task } = told;
  const { file, locate } = written;
  checkDevice(written);
  const find = (path: readonly string[], name: string) => findNamed(opened, written, path, name);
  for (const [path, name] of namedFiles(file)) {
    const source = await find(path, name);
    const [section, part = "", key] = path;
    if (section !== "outputs" || (key !== "labels" && key !== "dictionary")) continue;
    const lines = await readLines(part, name, async () => source);
    checkLabels(contract, part, lines.length, signature, written);
  }
  if (file.example === undefined || !isPath(file.example)) return;
  const source = await find(["example"], file.example);
  const misfit = misfitOfExample(contract, task.id, await source.read(0, Math.min(HEAD_BYTES, source.size)));
  if (misfit === null) return;
  const where = locate(["example"]);
  const problem = `${file.example} ${misfit}`;
  throw fail("CONTRACT_MISFIT", { key: "example", problem }, where ? { where } : {});
}

function checkDevice({ file, locate }: Source): void {
  const device = file.serving?.device;
  if (device === undefined) return;
  try {
    checkDeviceName(device);
  } catch (error) {
    throw placed(error, locate(["serving", "device"]));
  }
}

/** Paths of model.yaml at which a file may be named, with the names. */
function namedFiles({ inputs = {}, outputs = {} }: Source["file"]): [path: string[], name: string][] {
  const named: [string[], string][] = [];
  const add = (path: string[], value: unknown) => {
    if (typeof value === "string") named.push([path, value]);
  };
  for (const [name, part] of Object.entries(inputs)) {
    const { tokenizer } = part as Partial<Extract<InputContract, { kind: "text" }>>;
    if (typeof tokenizer !== "object") add(["inputs", name, "tokenizer"], tokenizer);
    else add(["inputs", name, "tokenizer", "vocabulary"], tokenizer?.vocabulary);
  }
  for (const [name, part] of Object.entries(outputs)) {
    const output = part as Partial<OutputContract>;
    if ("labels" in output) add(["outputs", name, "labels"], output.labels);
    if ("dictionary" in output) add(["outputs", name, "dictionary"], output.dictionary);
    if ("calibration" in output) {
      add(["outputs", name, "calibration", "parameters"], output.calibration?.parameters);
    }
  }
  return named;
}

async function findNamed(
  opened: OpenedFile,
  { locate }: Source,
  path: readonly string[],
  name: string,
): Promise<ByteSource> {
  const key = nameOf(path);
  const where = locate(path);
  const place = where ? { where } : {};
  const source = await opened.sibling(name).catch((error: unknown) => {
    // It is not the model that names the file.
    if (!isModelyardError(error) || error.code !== "FILE_ESCAPES_FOLDER") throw placed(error, where);
    throw fail("FILE_ESCAPES_FOLDER", { name, of: key }, { ...place, cause: error });
  });
  if (source) return source;
  const known = await filesBeside(opened);
  throw fail("MODEL_PART_MISSING", { key, file: name, known }, place);
}

/** More names than a person looks through. */
const MAX_NAMES = 20;

async function filesBeside({ path, found }: OpenedFile): Promise<string> {
  const names: string[] = [];
  for (const folder of new Set([...found.folders, dirname(path)])) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    names.push(...entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name));
  }
  const sorted = [...new Set(names)].sort();
  const more = sorted.length > MAX_NAMES ? `, and ${sorted.length - MAX_NAMES} more` : "";
  return sorted.length === 0 ? "no files" : `${sorted.slice(0, MAX_NAMES).join(", ")}${more}`;
}

/** The same error with the line of model.yaml that brought it. */
function placed(error: unknown, where: string | undefined): unknown {
  if (!isModelyardError(error) || where === undefined) return error;
  return new ModelyardError({ ...toPlainError(error), where }, error);
}
