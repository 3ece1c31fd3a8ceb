import { fail } from "../../base/errors/index.ts";
import type { ModelSink } from "../../base/sinks/index.ts";
import type { Model } from "../graph/graph.ts";
import type { Format, WriteOptions, WriteReport } from "./format.ts";
import { FORMATS } from "./table.ts";

/**
 * Writes a model: nothing is visible under its final name before all of it is written, and a failure leaves no trace.
 * The model is not changed. Its constant tensors are read from wherever they lie, in pieces.
 * @param sink committed when the model is written, aborted when it is not
 * @throws MODEL_FORMAT_NO_WRITER, MODEL_TOO_LARGE_INLINE, FILE_UNWRITABLE, FILE_DISK_FULL, and what reading the tensors throws
 */
export async function writeModel(
  model: Model,
  sink: ModelSink,
  options: WriteOptions & { readonly format?: string } = {},
): Promise<WriteReport> {
  try {
    const format = writableFormat(sink.name, options.format);
    const { write } = await format.loadWriter();
    const report = await write(model, sink, options);
    options.signal?.throwIfAborted();
    await sink.commit();
    return report;
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** The format of a file to be written: by its id, or by the extension of its name. @throws MODEL_FORMAT_NO_WRITER */
export function writableFormat(name: string, id?: string): Format & Required<Pick<Format, "loadWriter">> {
  const lower = name.toLowerCase();
  for (const format of FORMATS) {
    const meant =
      id === undefined ? format.extensions.some((extension) => lower.endsWith(extension)) : format.id === id;
    if (meant && format.loadWriter) return { ...format, loadWriter: format.loadWriter };
  }
  const writable = FORMATS.filter((each) => each.loadWriter)
    .map(({ title, extensions }) => `${title} (${extensions.join(", ")})`)
    .join(", ");
  throw fail("MODEL_FORMAT_NO_WRITER", { name: id ?? name, writable }, { where: name });
}
