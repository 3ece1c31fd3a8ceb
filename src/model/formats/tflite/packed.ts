import { isModelyardError } from "../../../base/errors/index.ts";
import type { ByteSource } from "../../../base/sources/source.ts";
import type { Attachment } from "../../graph/graph.ts";
import { hasZip, readZipDirectory, readZipEntry, type ZipEntry } from "../../wire/index.ts";

/** Labels and vocabularies take a few megabytes at most; none that is larger is unpacked. */
const MAX_FILE = 32 * 2 ** 20;

export interface Packed {
  readonly files: readonly Attachment[];
  readonly notes: readonly string[];
}

/**
 * The files in the zip that may stand behind the flatbuffer, such as labels (TFLite Metadata, "pack metadata and associated
 * files"). The model runs without them: a zip that is damaged is told of in a note.
 */
export async function packedFiles(source: ByteSource, signal?: AbortSignal): Promise<Packed> {
  try {
    if (!(await hasZip(source, signal))) return { files: [], notes: [] };
    const entries = await readZipDirectory(source, signal);
    const files = entries.filter(({ name }) => name !== "" && !name.endsWith("/"));
    return { files: files.map((entry) => packedFile(source, entry)), notes: [] };
  } catch (error) {
    if (!isModelyardError(error) || !error.code.startsWith("MODEL_ZIP_")) throw error;
    const note = `the files behind the model cannot be read: ${error.message} (${error.where ?? source.name})`;
    return { files: [], notes: [note] };
  }
}

function packedFile(source: ByteSource, entry: ZipEntry): Attachment {
  const { name, size, packed, offset, method } = entry;
  const read = (signal?: AbortSignal) =>
    readZipEntry(source, entry, { limit: MAX_FILE, ...(signal ? { signal } : {}) });
  return {
    kind: "file",
    name,
    content: {
      name,
      dtype: "uint8",
      shape: [size],
      byteLength: size,
      origin:
        method === 0 ? { file: source.name, offset, length: packed } : { derived: "unpacked from a zip" },
      read: async (signal) => ({ dtype: "uint8", shape: [size], data: await read(signal) }),
      async *stream(chunk = size, signal) {
        const bytes = await read(signal);
        for (let at = 0; at < size; at += chunk) yield bytes.subarray(at, at + chunk);
      },
    },
  };
}
