import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import type { RuntimeOptions } from "./messages.ts";
import { loadModel, type Model } from "./model.ts";

/** A protobuf message has at most 2^31 - 1 bytes; a model beyond holds its weights in files of their own. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Loads the model of a file with more bytes behind it. Weights in other files are found where they lie.
 * @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED
 */
export async function loadWithTail(path: string, tail: Uint8Array, options: RuntimeOptions): Promise<Model> {
  const bytes = await readFile(path, tail);
  const { extra = {} } = options as { extra?: { session?: Readonly<Record<string, unknown>> } };
  const session = { ...extra.session, model_external_initializers_file_folder_path: dirname(resolve(path)) };
  return loadModel(path, { ...options, extra: { ...extra, session } }, bytes);
}

async function readFile(path: string, tail: Uint8Array): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size + tail.byteLength > MAX_BYTES) {
      throw fail("RUN_LOAD_FAILED", { path, problem: `its ${size} bytes are too many for one message` });
    }
    const bytes = new Uint8Array(size + tail.byteLength);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) throw fail("RUN_LOAD_FAILED", { path, problem: "it was cut while it was read" });
      at += bytesRead;
    }
    bytes.set(tail, size);
    return bytes;
  } finally {
    await file.close();
  }
}
