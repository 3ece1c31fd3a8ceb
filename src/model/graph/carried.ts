import { constantTensor } from "../tensor/constant.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Attachment, Model } from "./graph.ts";

/** Key of the metadata. Its text is JSON: kind, name and base64 of each. */
export const CARRIED_KEY = "modelyard.attachments";
/** Labels and vocabularies take up to a megabyte; metadata is read whenever the model is. */
const MAX_BYTES = 4 * 2 ** 20;
/** Real models bring one to four. */
const MAX_COUNT = 256;
/** As base64, between quotes. */
const MAX_TEXT = 2 * MAX_BYTES;
/** What a call takes as arguments. */
const CHUNK = 2 ** 13;

/**
 * Writes into a model's metadata what a file of another format carried beside its graph, so that it says the same of its tensors there.
 * @returns whether that was so little that it was written
 */
export async function carryAttachments(
  model: Model,
  attachments: readonly Attachment[],
  signal?: AbortSignal,
): Promise<boolean> {
  if (attachments.length === 0) return true;
  const bytes = attachments.reduce((sum, { content }) => sum + content.byteLength, 0);
  if (attachments.length > MAX_COUNT || bytes > MAX_BYTES) return false;
  const list: [string, string, string][] = [];
  for (const { kind, name, content } of attachments) {
    const { data } = await content.read(signal);
    list.push([kind, name, encoded(data as Uint8Array)]);
  }
  const text = JSON.stringify(list);
  if (text.length > MAX_TEXT) return false;
  model.metadata.set(CARRIED_KEY, text);
  return true;
}

/** What a model's metadata carries; nothing where it carries none, or says what cannot be. */
export function carriedAttachments(metadata: ReadonlyMap<string, string>): Attachment[] {
  const text = metadata.get(CARRIED_KEY);
  if (text === undefined || text.length > MAX_TEXT) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list) || list.length > MAX_COUNT) return [];
    const found = list.map(attachment);
    return found.every((each) => each !== null) ? found : [];
  } catch {
    // Another tool's text under this key is as good as none.
    return [];
  }
}

function attachment(each: unknown): Attachment | null {
  const [kind, name, text]: unknown[] = Array.isArray(each) ? each : [];
  if (kind !== "metadata" && kind !== "file") return null;
  if (typeof name !== "string" || typeof text !== "string") return null;
  const data = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const tensor: Tensor = { dtype: "uint8", shape: [data.length], data };
  return { kind, name, content: constantTensor(tensor, `metadata ${CARRIED_KEY}`, name) };
}

function encoded(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
