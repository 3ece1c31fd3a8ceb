import { fail } from "../../base/errors/index.ts";
import type { ByteSource } from "../../base/sources/source.ts";
import type { Contract } from "../../model/contract/contract.ts";

/** A vocabulary of a million lines of sixty bytes fits; anything larger is no list of labels. */
const MAX_LABEL_BYTES = 64 * 2 ** 20;

/** What the contract keeps in files beside the model. */
export interface Words {
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** @throws MODEL_NO_LABELS_FILE, MODEL_LABELS_TOO_LARGE */
export async function readWords(
  contract: Contract,
  sibling: (name: string) => Promise<ByteSource | null>,
): Promise<Words> {
  return { labels: await readLabels(contract, sibling), lists: await readLists(contract, sibling) };
}

/**
 * The labels or dictionary of each output, by the output's name in the contract: a list as it stands, or the lines of
 * a file that belongs to the model. null where the contract names none.
 */
async function readLabels(
  contract: Contract,
  sibling: (name: string) => Promise<ByteSource | null>,
): Promise<Record<string, readonly string[] | null>> {
  const labels: Record<string, readonly string[] | null> = {};
  for (const [name, output] of Object.entries(contract.outputs)) {
    const declared = output.kind === "ctc" ? output.dictionary : "labels" in output ? output.labels : null;
    labels[name] = typeof declared === "string" ? await readLines(name, declared, sibling) : declared;
  }
  return labels;
}

/**
 * The lines of what else the contract names a file or a list for, by its path in the contract: vocabularies of tokenizers and
 * parameters of calibrations.
 */
async function readLists(
  contract: Contract,
  sibling: (name: string) => Promise<ByteSource | null>,
): Promise<Record<string, readonly string[]>> {
  const lists: Record<string, readonly string[]> = {};
  const add = async (path: string, declared: string | readonly string[]) => {
    lists[path] = typeof declared === "string" ? await readLines(path, declared, sibling) : declared;
  };
  for (const [name, input] of Object.entries(contract.inputs)) {
    if (input.kind !== "text" || typeof input.tokenizer !== "object" || input.tokenizer === null) continue;
    await add(`inputs.${name}.tokenizer.vocabulary`, input.tokenizer.vocabulary);
  }
  for (const [name, output] of Object.entries(contract.outputs)) {
    if (!("calibration" in output) || !output.calibration) continue;
    await add(`outputs.${name}.calibration.parameters`, output.calibration.parameters);
  }
  return lists;
}

/** @throws MODEL_NO_LABELS_FILE, MODEL_LABELS_TOO_LARGE */
export async function readLines(
  output: string,
  file: string,
  sibling: (name: string) => Promise<ByteSource | null>,
): Promise<string[]> {
  const source = await sibling(file);
  if (!source) throw fail("MODEL_NO_LABELS_FILE", { output, file });
  if (source.size > MAX_LABEL_BYTES) {
    throw fail("MODEL_LABELS_TOO_LARGE", { file, size: source.size, limit: MAX_LABEL_BYTES });
  }
  const text = new TextDecoder().decode(await source.read(0, source.size));
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  // The newline that ends the last label begins no further one.
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
