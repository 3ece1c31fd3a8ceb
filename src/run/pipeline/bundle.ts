import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { digestOf, makeFolder, openModelSink, openModelSource } from "../../base/node/index.ts";
import type { ByteSource } from "../../base/sources/source.ts";
import {
  hasZip,
  MOST_UNPACKED,
  readZipDirectory,
  readZipEntry,
  type ZipEntry,
  zipEntrySource,
} from "../../model/wire/index.ts";

/** Bundles in bundles: real ones are two deep. */
const MAX_DEPTH = 4;
const PIECE = 2 ** 20;
/** Names that a message lists. */
const MOST_NAMED = 20;

/**
 * A model that lies in a bundle and is named as if the bundle were a folder (`hand.task/detector.tflite`, also bundles inside
 * bundles): unpacked into the cache, by the digest of the bundle.
 * @returns where it lies then; null where the path is none into a file
 * @throws MODEL_BUNDLE_NO_SUCH, MODEL_ZIP_*, FILE_*
 */
export async function insideBundle(
  path: string,
  cache: string,
  signal?: AbortSignal,
  depth = 0,
): Promise<string | null> {
  if (depth >= MAX_DEPTH || (await stat(path).catch(() => null))) return null;
  const bundle = await fileAbove(path);
  if (bundle === null) return null;
  const name = path.slice(bundle.length + 1).replaceAll("\\", "/");
  const source = await openModelSource(bundle);
  try {
    if (!(await hasZip(source.main, signal))) return null;
    const entries = await readZipDirectory(source.main, signal);
    const entry = entries.find((each) => each.name === name || name.startsWith(`${each.name}/`));
    if (!entry) {
      const names = entries.map((each) => each.name).slice(0, MOST_NAMED);
      const details = { file: bundle, name, known: names.join(", ") };
      throw fail("MODEL_BUNDLE_NO_SUCH", details, { where: bundle });
    }
    const unpacked = await unpack(source.main, entry, await digestOf(bundle, signal), cache, signal);
    if (entry.name === name) return unpacked;
    const rest = `${unpacked}/${name.slice(entry.name.length + 1)}`;
    return (await insideBundle(rest, cache, signal, depth + 1)) ?? rest;
  } finally {
    await source.close();
  }
}

/** The nearest of what stands above a path that is there, where that is a file. */
async function fileAbove(path: string): Promise<string | null> {
  for (let above = dirname(path); above !== dirname(above); above = dirname(above)) {
    const info = await stat(above).catch(() => null);
    if (info) return info.isFile() ? above : null;
  }
  return null;
}

/** Entries are kept by a digest of their names, which come from the file and may lead anywhere. */
async function unpack(
  main: ByteSource,
  entry: ZipEntry,
  digest: string,
  cache: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const key = createHash("sha256").update(entry.name).digest("hex").slice(0, 16);
  const path = join(cache, "unpacked", digest, key, basename(entry.name));
  const known = await stat(path).catch(() => null);
  if (known?.size === entry.size) return path;
  await makeFolder(dirname(path));
  const sink = await openModelSink(path);
  try {
    const out = await sink.main();
    for await (const piece of piecesOf(main, entry, signal)) await out.write(piece);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return path;
}

async function* piecesOf(
  main: ByteSource,
  entry: ZipEntry,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (entry.packed !== entry.size) {
    yield await readZipEntry(main, entry, { limit: MOST_UNPACKED, ...(signal && { signal }) });
    return;
  }
  const source = await zipEntrySource(main, entry, signal);
  for (let at = 0; at < source.size; at += PIECE)
    yield await source.read(at, Math.min(PIECE, source.size - at), signal);
}
