import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { openSibling } from "../../base/node/index.ts";
import type { ByteSource } from "../../base/sources/source.ts";
import { resolveSource } from "../hub/index.ts";
import type { TaskExample } from "../tasks/index.ts";
import type { Found } from "./folder.ts";
import { isPath } from "./folder.ts";
import type { LoadedModel } from "./loaded.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
  ".wav": "audio/wav",
  ".json": "application/json",
  ".txt": "text/plain",
};

/**
 * An input that the model could take: the `example:` of model.yaml where a person named one, else what the task makes
 * from the contract. null where neither can.
 */
export async function exampleOf(
  found: Found,
  loaded: LoadedModel,
  options: { cache?: string; signal?: AbortSignal },
): Promise<TaskExample | null> {
  const { example } = found.file;
  if (example === undefined) return loaded.task.example(loaded.opened.contract, loaded.signature);
  return namedExample(example, loaded.opened.sibling, options);
}

/** The example that a pipeline.yaml names. */
export async function fileExample(
  example: string,
  folder: string,
  options: { cache?: string },
): Promise<TaskExample | null> {
  const opened: ByteSource[] = [];
  const sibling = async (name: string) => {
    const source = await openSibling(folder, name);
    if (source) opened.push(source);
    return source;
  };
  try {
    return await namedExample(example, sibling, options);
  } finally {
    await Promise.all(opened.map((source) => source.close()));
  }
}

async function namedExample(
  example: string,
  sibling: (name: string) => Promise<ByteSource | null>,
  options: { cache?: string; signal?: AbortSignal },
): Promise<TaskExample | null> {
  const mediaType = MEDIA_TYPES[extname(example).toLowerCase()] ?? "application/octet-stream";
  const name = example.split("/").at(-1) ?? example;
  if (!isPath(example)) {
    const { path } = await resolveSource(example, options);
    return { mediaType, name, bytes: await readFile(path) };
  }
  const source = await sibling(example);
  return source ? { mediaType, name, bytes: await source.read(0, source.size) } : null;
}
