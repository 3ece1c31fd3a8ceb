import { fail } from "../../../base/errors/index.ts";
import { type ByteSource, bufferSource, type ModelSource } from "../../../base/sources/index.ts";
import {
  MOST_UNPACKED,
  readZipDirectory,
  readZipEntry,
  type ZipEntry,
  zipEntrySource,
} from "../../wire/index.ts";
import type { FormatReader } from "../format.ts";
import { read as readTflite } from "./read.ts";

/**
 * The one model of a bundle: MediaPipe's .task files are zips of .tflite files, and may stand behind other data.
 * @throws MODEL_BUNDLE_SEVERAL, MODEL_ZIP_*, and what reading the model throws
 */
export const read: FormatReader["read"] = async (source, signal) => {
  const { main } = source;
  const entries = await readZipDirectory(main, signal);
  const models = entries.filter(({ name }) => name.toLowerCase().endsWith(".tflite"));
  const [only, ...others] = models;
  if (!only || others.length > 0) {
    const names = models.map(({ name }) => name).join(", ");
    throw fail("MODEL_BUNDLE_SEVERAL", { file: main.name, models: names }, { where: main.name });
  }
  return readTflite(inside(source, await entrySource(main, only, signal)), signal);
};

async function entrySource(main: ByteSource, entry: ZipEntry, signal?: AbortSignal): Promise<ByteSource> {
  if (entry.packed === entry.size) return zipEntrySource(main, entry, signal);
  const options = { limit: MOST_UNPACKED, ...(signal && { signal }) };
  return bufferSource(await readZipEntry(main, entry, options), `${main.name}/${entry.name}`);
}

/** A model inside the bundle; what lies beside the bundle lies beside it. */
function inside(source: ModelSource, main: ByteSource): ModelSource {
  return { main, sibling: (name) => source.sibling(name), close: () => source.close() };
}
