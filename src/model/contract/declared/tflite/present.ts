import { isModelyardError } from "../../../../base/errors/index.ts";
import type { Sibling } from "../../sibling.ts";
import type { AssociatedFile, ModelMetadata, ProcessUnit, TensorMetadata } from "./schema.ts";

/** Files that a model names; real ones name one or two. Those beyond are taken for absent. */
const MOST_FILES = 256;

/**
 * The metadata without the files that it names and that are neither packed into the model, whole, nor beside it: a model runs without
 * labels. Their names come beside it.
 */
export async function withPresentFiles(
  metadata: ModelMetadata,
  sibling: Sibling,
): Promise<{ readonly metadata: ModelMetadata; readonly absent: readonly string[] }> {
  const known = new Map<string, boolean>();
  for (const { name } of filesOf(metadata)) {
    if (known.has(name)) continue;
    known.set(name, known.size < MOST_FILES && (await isThere(sibling, name)));
  }
  const keep = (files: readonly AssociatedFile[]) => files.filter(({ name }) => known.get(name) === true);
  const unit = (each: ProcessUnit): ProcessUnit =>
    "vocabulary" in each ? { ...each, vocabulary: keep(each.vocabulary) } : each;
  const tensor = (each: TensorMetadata): TensorMetadata => ({
    ...each,
    files: keep(each.files),
    units: each.units.map(unit),
  });
  return {
    metadata: {
      ...metadata,
      inputs: metadata.inputs.map(tensor),
      outputs: metadata.outputs.map(tensor),
      inputUnits: metadata.inputUnits.map(unit),
    },
    absent: [...known].filter(([, isThere]) => !isThere).map(([name]) => name),
  };
}

/** Files that are read: descriptions and those of unknown kinds are not missed. */
function filesOf({ inputs, outputs, inputUnits }: ModelMetadata): AssociatedFile[] {
  const units = [...inputs, ...outputs].flatMap((tensor) => tensor.units);
  const files = [...inputs, ...outputs].flatMap((tensor) => tensor.files);
  return [
    ...files.filter(({ type }) => type !== "descriptions" && type !== "unknown"),
    ...[...units, ...inputUnits].flatMap((unit) => ("vocabulary" in unit ? unit.vocabulary : [])),
  ].filter(({ name }) => name !== "");
}

const OUTSIDE: readonly string[] = ["FILE_ESCAPES_FOLDER", "FILE_LINK_ESCAPES"];

/** A name that leads out of the model's folder names no file of the model. */
async function isThere(sibling: Sibling, name: string): Promise<boolean> {
  try {
    return (await sibling(name)) !== null;
  } catch (error) {
    if (isModelyardError(error) && OUTSIDE.includes(error.code)) return false;
    throw error;
  }
}
