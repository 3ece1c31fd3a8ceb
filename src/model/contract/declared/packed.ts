import { isModelyardError } from "../../../base/errors/index.ts";
import { bufferSource } from "../../../base/sources/buffer.ts";
import type { Attachment, Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";
import type { Sibling } from "../sibling.ts";

/** Labels, vocabularies and settings of real models take a few megabytes; what lies beyond is not unpacked to see whether it can be. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * The files of a model, without those packed into it that cannot be read: the model runs without them, as if they were not there.
 * Each is a problem to be told, by its name and the error's code.
 */
export function withoutDamaged(model: Model, claims: Claims, sibling: Sibling): Sibling {
  const packed = new Map<string, Attachment>();
  for (const each of model.attachments ?? [])
    if (each.kind === "file" && !packed.has(each.name)) packed.set(each.name, each);
  const isWhole = new Map<string, boolean>();
  let left = MOST_BYTES;
  return async (name) => {
    const inside = packed.get(name);
    if (!inside) return sibling(name);
    const known = isWhole.get(name);
    if (known === false) return null;
    const { content } = inside;
    const isRead = known === undefined && content.byteLength <= left;
    if (isRead) left -= content.byteLength;
    const problem = isRead ? await problemOf(inside) : null;
    isWhole.set(name, problem === null);
    if (problem === null) return sourceOf(inside);
    claims.problems.push(`${name.slice(0, 60)}, packed into the model, is not heeded: ${problem}`);
    return null;
  };
}

async function problemOf({ content }: Attachment): Promise<string | null> {
  try {
    await content.read();
    return null;
  } catch (error) {
    if (!isModelyardError(error) || !error.code.startsWith("MODEL_ZIP_")) throw error;
    return `${error.message.replace(/\.$/, "")} (${error.code}${error.where === undefined ? "" : `, ${error.where}`}).`;
  }
}

/** The bytes are unpacked when they are read. */
function sourceOf({ name, content }: Attachment) {
  return {
    name,
    size: content.byteLength,
    read: async (offset: number, length: number, signal?: AbortSignal) =>
      bufferSource((await content.read(signal)).data as Uint8Array, name).read(offset, length),
    async close() {},
  };
}
