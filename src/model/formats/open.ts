import { fail } from "../../base/errors/index.ts";
import type { ByteSource, ModelSource } from "../../base/sources/source.ts";
import type { Model } from "../graph/graph.ts";
import type { Format } from "./format.ts";
import { FORMATS } from "./table.ts";

/** Every magic number known here lies in the first 512 bytes. */
const HEAD = 512;

/** From here on the first bytes have told, and not the name alone. */
const SURE = 0.5;

/**
 * Which format a file is in, by its first bytes and its name, and of a container by what lies in it; null where nothing fits.
 * @throws MODEL_EMPTY, MODEL_ZIP_DAMAGED, MODEL_ZIP_TOO_LARGE
 */
export async function detectFormat(source: ByteSource, signal?: AbortSignal): Promise<Format | null> {
  if (source.size === 0) throw fail("MODEL_EMPTY", { file: source.name }, { where: source.name });
  const head = await source.read(0, Math.min(HEAD, source.size), signal);
  let best: Format | null = null;
  let sure = 0;
  for (const format of FORMATS) {
    const score = format.sniff(head, source.name, source.size);
    if (score > sure) {
      best = format;
      sure = score;
    }
  }
  // A name alone is no proof: a container behind other data is found by its end.
  const looked = best?.look || sure >= SURE ? [best] : FORMATS;
  for (const format of looked) {
    const found = await format?.look?.(source, head, signal);
    if (found) return found;
  }
  return best;
}

/** What follows the title of a format that somebody may hope for. */
export const UNREAD = ", which Modelyard recognises but does not read yet";

/**
 * Reads a model's structure, whatever format it is in; weights stay in their files.
 * @throws MODEL_EMPTY, MODEL_FORMAT_UNKNOWN, MODEL_FORMAT_LATER, MODEL_ZIP_DAMAGED, and what the format's reader throws
 */
export async function openModel(source: ModelSource, signal?: AbortSignal): Promise<Model> {
  const { main } = source;
  const format = await detectFormat(main, signal);
  if (!format) {
    const head = await main.read(0, Math.min(16, main.size), signal);
    const readable = FORMATS.filter((each) => each.load)
      .map((each) => each.title)
      .join(", ");
    throw fail(
      "MODEL_FORMAT_UNKNOWN",
      { file: main.name, head: quote(head), readable },
      { where: main.name },
    );
  }
  if (!format.load) {
    const { title, advice = "", never } = format;
    const reading = never ? "" : UNREAD;
    throw fail("MODEL_FORMAT_LATER", { file: main.name, title, reading, advice }, { where: main.name });
  }
  const reader = await format.load();
  return reader.read(source, signal);
}

/** Bytes as text where they are text, else as hexadecimal. */
function quote(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte >= 32 && byte < 127)) return JSON.stringify(String.fromCharCode(...bytes));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
