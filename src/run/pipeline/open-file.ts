import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { type OpenSibling, openModelSource, openSibling } from "../../base/node/index.ts";
import { bufferSource } from "../../base/sources/buffer.ts";
import type { ByteSource, ModelSource } from "../../base/sources/source.ts";
import { openModel } from "../../model/formats/open.ts";
import type { Attachment, Model } from "../../model/graph/graph.ts";
import { constantsOf } from "../../model/graph/walk.ts";
import type { Runnable } from "../convert/runnable.ts";
import { cacheFolder, checkNamed, type Resolved, type ResolveOptions, resolveSource } from "../hub/index.ts";
import { type Found, isPath, isVersion, type ScanOptions, scanFolder } from "./folder.ts";

/** A file of a model. */
export interface ModelPart {
  /** As the model names it: relative to the model file's folder. */
  readonly name: string;
  readonly bytes: number;
}

/** A model whose header was read. What its tensors mean is worked out by `understand`, which loads much more of the program. */
export interface OpenedFile {
  readonly name: string;
  /** Where the file lies on this machine. */
  readonly path: string;
  /** As it was asked for. */
  readonly source: string;
  /** Of all its files. */
  readonly bytes: number;
  /** The model file, then the files that hold weights beside it. */
  readonly files: readonly ModelPart[];
  /** Id of its format. */
  readonly format: string;
  readonly model: Model;
  /** What the folder told of it before it was opened. */
  readonly found: Found;
  /** Opens a file that belongs to the model: beside it, or beside its model.yaml. */
  sibling(name: string): Promise<ByteSource | null>;
  /**
   * The file that the runtime is given: a model of another format is converted when it is first run, and the result kept in the
   * cache.
   * @throws MODEL_*, FILE_*, ABORTED
   */
  runnable(signal?: AbortSignal): Promise<Runnable>;
  /** The same, where nothing is to be converted for it; null where it is. */
  kept(): Promise<Runnable | null>;
  close(): Promise<void>;
}

/**
 * Fetches a model if need be and reads its header.
 * @param source a model file, a folder that holds one model, or any source of hub/
 * @throws FILE_*, HUB_*, MODEL_*, CONTRACT_* where a model.yaml beside it is damaged
 */
export async function openFile(source: string, options: ResolveOptions = {}): Promise<OpenedFile> {
  return openFoundFile(await findOne(source, options), options);
}

/** The one model that a path or source names. */
export async function findOne(
  source: string,
  options: ResolveOptions & Pick<ScanOptions, "keepIn"> = {},
): Promise<Found> {
  checkNamed(source);
  if (!isPath(source)) return { name: source, version: "1", source, folders: [], file: {}, pbtxt: null };
  const unpacked = await unpackedFrom(source, options);
  const { keepIn } = options;
  const found = await scanFolder(unpacked ?? source, keepIn === undefined ? {} : { keepIn });
  const first = found.at(-1);
  if (!first) throw fail("MODEL_NOT_IN_FOLDER", { folder: source });
  const names = [...new Set(found.map((each) => each.name))];
  // Several versions of one model: the newest is meant. Several models: the person must say which.
  if (names.length > 1) throw fail("MODEL_SEVERAL_IN_FOLDER", { folder: source, files: names.join(", ") });
  const newest = found.reduce((a, b) => (BigInt(b.version) > BigInt(a.version) ? b : a));
  if ("error" in newest) throw newest.error;
  if ("pipeline" in newest) throw fail("PIPELINE_NO_MODEL", { folder: source }, { where: source });
  return { ...newest, name: nameInFolder(newest, unpacked ?? source) };
}

/** A file that lies alone in a folder is called as the server calls it, which is given the folder above: by its folder. */
function nameInFolder({ name, source, folders }: Found, from: string): string {
  const folder = resolve(from);
  const isBare = folders.length === 0 && isPath(source) && dirname(resolve(source)) === folder;
  const own = basename(folder);
  return isBare && own !== "" && !isVersion(own) ? own : name;
}

/** Where a model lies that is named inside of a bundle; null for what is there itself, as most models are. */
async function unpackedFrom(source: string, options: ResolveOptions): Promise<string | null> {
  if (await stat(source).catch(() => null)) return null;
  const { insideBundle } = await import("./bundle.ts");
  return insideBundle(source, cacheFolder(options.cache), options.signal);
}

/** Opens a model that a folder told of. */
export async function openFoundFile(found: Found, options: ResolveOptions = {}): Promise<OpenedFile> {
  return openFileAt(await fetchFound(found, options), found, options);
}

/** Where the file of a model lies on this machine, fetched if need be. @throws FILE_*, HUB_* */
export async function fetchFound(found: Found, options: ResolveOptions = {}): Promise<string> {
  return (await resolveFound(found, options)).path;
}

/** The same, with its digest where it was compared. @throws FILE_*, HUB_* */
export function resolveFound({ source, file }: Found, options: ResolveOptions = {}): Promise<Resolved> {
  const { sha256 } = file;
  return resolveSource(source, { ...options, ...(sha256 === undefined ? {} : { sha256 }) });
}

/** How a file that is here is read. */
export interface Reading {
  /** Digest of the file, where somebody knows it or will. */
  readonly digest?: () => Promise<string>;
  /** Opens what lies beside it. @default openSibling */
  readonly open?: OpenSibling;
}

/** Reads the header of a file that is here. @throws FILE_*, MODEL_* */
export async function openFileAt(
  path: string,
  found: Found,
  options: ResolveOptions,
  { digest, open = openSibling }: Reading = {},
): Promise<OpenedFile> {
  const main = await openModelSource(path, open);
  const others: ByteSource[] = [];
  const close = async () => {
    await Promise.all([main, ...others].map((each) => each.close()));
  };
  try {
    const model = await openModel(main, options.signal);
    const packed = packedFiles(model);
    const sibling = async (name: string) => {
      // What the model brings along is its own, whatever lies beside it.
      const inside = packed.get(name);
      if (inside) return packedSource(inside);
      const beside = await main.sibling(name);
      if (beside) return beside;
      const other = await openInFolders(name, path, found, open);
      if (other) others.push(other);
      return other;
    };
    const { files, missing } = await filesOf(model, main, path);
    const from = { path, model, ...(digest === undefined ? {} : { digest }) };
    return {
      name: found.name,
      path,
      source: found.source,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      files,
      format: model.format,
      model,
      found,
      sibling,
      async runnable(signal) {
        // The runtime would say so in its own words, which tell neither where nor what to do.
        if (missing)
          throw fail("MODEL_EXTERNAL_MISSING", missing, { where: join(dirname(path), missing.location) });
        const { runnableFile } = await import("../convert/runnable.ts");
        return runnableFile(from, cacheFolder(options.cache), signal);
      },
      async kept() {
        if (missing) return null;
        const { keptRunnable } = await import("../convert/runnable.ts");
        return keptRunnable(from, cacheFolder(options.cache));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens a file that lies beside the model's description and not beside the model itself; null where there is none. */
export async function openInFolders(
  name: string,
  path: string,
  found: Found,
  open: OpenSibling = openSibling,
): Promise<ByteSource | null> {
  for (const folder of found.folders) {
    if (folder === dirname(path)) continue;
    const source = await open(folder, name);
    if (source) return source;
  }
  return null;
}

/** Files that the model's own file carries, such as labels in the zip behind a TFLite model; the first of a name counts. */
export function packedFiles({ attachments = [] }: Model): Map<string, Attachment> {
  const packed = new Map<string, Attachment>();
  for (const each of attachments) {
    if (each.kind === "file" && !packed.has(each.name)) packed.set(each.name, each);
  }
  return packed;
}

/** The size is known at once; the bytes are unpacked when they are read. */
function packedSource({ name, content }: Attachment): ByteSource {
  const whole = async (signal?: AbortSignal) => (await content.read(signal)).data as Uint8Array;
  return {
    name,
    size: content.byteLength,
    read: async (offset, length, signal) => bufferSource(await whole(signal), name).read(offset, length),
    async close() {},
  };
}

/** The files of a model that are there, and the first that is not, with a tensor that lies in it. */
interface Files {
  readonly files: readonly ModelPart[];
  readonly missing: { readonly tensor: string; readonly location: string } | null;
}

async function filesOf(model: Model, source: ModelSource, path: string): Promise<Files> {
  const files: ModelPart[] = [{ name: basename(path), bytes: source.main.size }];
  let missing: Files["missing"] = null;
  const names = new Map<string, string>();
  for (const { origin, name } of constantsOf(model))
    if ("file" in origin && !names.has(origin.file)) names.set(origin.file, name);
  names.delete(source.main.name);
  // What lies inside the file itself, as in a bundle, is named behind it.
  for (const name of names.keys()) if (name.startsWith(`${source.main.name}/`)) names.delete(name);
  for (const [name, tensor] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const part = await source.sibling(name);
    if (part) files.push({ name, bytes: part.size });
    else missing ??= { tensor, location: name };
  }
  return { files, missing };
}
