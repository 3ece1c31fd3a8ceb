import type { Contract } from "../../model/contract/contract.ts";
import { sniffPicture } from "../media/image/sniff.ts";

/** What of a file tells what it is. */
export const HEAD_BYTES = 64;

/**
 * What a file is, where a model whose contract this is cannot be given it as an example; null where it can, as far as the
 * file's beginning tells.
 * @param head the first HEAD_BYTES of the file, or all of a shorter one
 * @param task its id; named tensors are given as JSON, whatever they mean
 */
export function misfitOfExample(contract: Contract, task: string, head: Uint8Array): string | null {
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  const found = sniffPicture(head);
  const isJson = /^(?:\u00ef\u00bb\u00bf)?\s*[[{"]/.test(text);
  const kinds = new Set(Object.values(contract.inputs).map(({ kind }) => kind));
  const what = "found" in found ? found.found : `a ${found.format} picture`;
  if (isJson) return null;
  if (task === "tensors") return `is ${what}, where the model takes named tensors as JSON`;
  if (kinds.has("image")) return "format" in found ? null : `is ${what}, where the model takes a picture`;
  const isWav = /^(?:RIFF|RF64)[\s\S]{4}WAVE/.test(text);
  if (kinds.has("audio")) return isWav ? null : `is ${what}, where the model takes a WAV file`;
  if (!kinds.has("text") || !("format" in found || isWav)) return null;
  return `is ${what}, where the model takes text`;
}
