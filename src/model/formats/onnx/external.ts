import { fail } from "../../../base/errors/index.ts";
import type { ByteSource, ModelSource } from "../../../base/sources/source.ts";
import { nameText } from "../../graph/label.ts";
import type { Context } from "./tensor.ts";

/**
 * Opens the files that hold tensors outside the model, each once, and checks that every tensor lies inside its file. A
 * file that is not there is noted: a model can be looked at without its weights.
 * @throws FILE_ESCAPES_FOLDER, MODEL_EXTERNAL_CUT
 */
export async function openExternal(source: ModelSource, context: Context): Promise<void> {
  const files = new Map<string, ByteSource | null>();
  const counts = new Map<string, number>();
  const own = source.main.name.split(/[/\\]/).at(-1) ?? "";
  for (const tensor of context.external) {
    let file = files.get(tensor.location);
    if (file === undefined) {
      file = await source.sibling(tensor.location);
      files.set(tensor.location, file);
    }
    counts.set(tensor.location, (counts.get(tensor.location) ?? 0) + 1);
    if (file && tensor.offset > file.size - tensor.length) {
      const { name, location, offset, length } = tensor;
      throw fail(
        "MODEL_EXTERNAL_CUT",
        { tensor: name, location, offset, length, size: file.size },
        { where: `${location}, byte ${offset}` },
      );
    }
    tensor.source = file;
    if (file && isSame(tensor.location, own))
      context.defects.add({
        kind: "external-self",
        graph: null,
        value: tensor.name,
        text: `The bytes of ${nameText(tensor.name)} lie in the model's own file, as if it were another.`,
      });
    if (!file) {
      const { name, location } = tensor;
      context.defects.add({
        kind: "external-missing",
        graph: null,
        value: name,
        text: `The bytes of ${nameText(name)} lie in ${nameText(location)}, which is not there.`,
      });
    }
  }
  for (const [location, count] of counts) {
    const tensors = count === 1 ? "1 tensor lies" : `${count} tensors lie`;
    context.notes.add(
      `${tensors} in ${location}${files.get(location) ? "" : ", which is missing: the model cannot run without it"}`,
    );
  }
}

/** @param own name of the model's file */
function isSame(location: string, own: string): boolean {
  const parts = location.split(/[/\\]/).filter((part) => part !== "." && part !== "");
  return parts.length === 1 && parts[0] === own;
}
