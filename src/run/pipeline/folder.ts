import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { checkFile } from "../../base/node/index.ts";
import type { ModelFile } from "../../model/contract/contract.ts";
import { detectFolder } from "../../model/formats/folders.ts";
import { UNREAD } from "../../model/formats/open.ts";
import { FOREIGN_EXTENSIONS, MODEL_EXTENSIONS } from "../../model/formats/table.ts";
import type { PipelineFile } from "./graph/file.ts";
import { parsedOnce } from "./parsed.ts";

/** One version of one model, as the models folder tells it; nothing of the model itself is read yet. */
export interface Found {
  readonly name: string;
  /** Decimal digits without a leading zero. */
  readonly version: string;
  /** What hub/ resolves: a path, or the `model:` of model.yaml. */
  readonly source: string;
  /** Folders whose files (labels, tokenizers, examples) belong to the model, the nearest first. */
  readonly folders: readonly string[];
  readonly file: ModelFile;
  /** Text of model.yaml, where there is one: what contradicts the model is told with its line. */
  readonly yaml?: { readonly text: string; readonly path: string };
  /** Text of config.pbtxt, where there is one. */
  readonly pbtxt: { readonly text: string; readonly path: string } | null;
  /** The module beside model.yaml, where there is one. */
  readonly module?: string;
}

/** A folder with pipeline.yaml; what it says is read, and nothing that it names. */
export interface FoundPipeline {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly pipeline: PipelineFile;
  /** Text of pipeline.yaml. */
  readonly text: string;
}

/** A model that was found but whose description is wrong: it is listed with the reason, and harms no other. */
export interface Broken {
  readonly name: string;
  readonly version: string;
  readonly error: unknown;
}

/** What a folder holds. */
export type Item = Found | FoundPipeline | Broken;

/** The names that a module beside a model may have, the first of them counts. */
const MODULES = ["module.ts", "module.mts", "module.js", "module.mjs"];

/** Version folders are decimal numbers as the Open Inference Protocol writes them; others are ignored. */
const VERSION = /^(?:0|[1-9][0-9]{0,18})$/;

/** Whether a folder of this name holds a version of a model. */
export function isVersion(name: string): boolean {
  return VERSION.test(name);
}

export interface ScanOptions {
  /** Called with each folder among the models in which there is nothing that could be one. */
  passedOver?(folder: string): void;
  /** The hub's cache folder: what descriptions say is kept there. @default nothing is kept */
  keepIn?: string;
}

/**
 * Finds the models of a folder: `<name>/{model.yaml, config.pbtxt, <version>/model.*}`, `<name>/model.*`, and bare
 * files; a folder of versions alone is one model. A folder without models gives an empty list; one that is a model in a format that is not read yet, that with the reason.
 * @throws FILE_NOT_FOUND when there is no such folder, FILE_UNREADABLE for a pipe or a device
 */
export async function scanFolder(folder: string, options: ScanOptions = {}): Promise<Item[]> {
  const info = await stat(folder).catch(() => null);
  if (!info) throw fail("FILE_NOT_FOUND", { path: folder });
  if (!info.isDirectory()) {
    checkFile(folder, info);
    return [bareFile(folder)];
  }
  const found: Item[] = [];
  const entries = await list(folder);
  // A folder that itself holds model.yaml is one model, not a collection.
  if (entries.files.some((name) => ["model.yaml", "config.pbtxt", "pipeline.yaml"].includes(name)))
    return scanModel(folder, options);
  // One that holds versions and nothing else is one model too, whose description was left out.
  if (entries.folders.length > 0 && entries.folders.every(isVersion) && !entries.files.some(isModelFile)) {
    const versions = await scanModel(folder, options);
    if (versions.some((each) => !("error" in each))) return versions;
  }
  for (const name of entries.files) if (isModelFile(name)) found.push(bareFile(join(folder, name)));
  for (const name of entries.folders) {
    const inside = await scanModel(join(folder, name), options);
    if (inside.length === 0) options.passedOver?.(join(folder, name));
    found.push(...inside);
  }
  if (found.some((each) => !("error" in each))) return rejectTwins(found);
  const foreign = foreignFolder(folder, entries);
  if (foreign) return [foreign];
  const file = entries.files.find(isForeignFile);
  return file !== undefined && found.length === 0 ? [bareFile(join(folder, file))] : rejectTwins(found);
}

interface Entries {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** A folder that as a whole is a model that cannot be read, with the reason; null where it is no such. */
function foreignFolder(folder: string, { files, folders }: Entries): Broken | null {
  const kind = detectFolder([...files, ...folders.map((name) => `${name}/`)]);
  if (!kind) return null;
  const { title, advice } = kind;
  const error = fail(
    "MODEL_FORMAT_LATER",
    { file: folder, title, reading: UNREAD, advice },
    { where: folder },
  );
  return { name: basename(resolve(folder)), version: "1", error };
}

function bareFile(path: string): Found {
  const name = basename(path, extname(path));
  return { name, version: "1", source: path, folders: [], file: {}, pbtxt: null };
}

async function scanModel(folder: string, { keepIn }: ScanOptions): Promise<Item[]> {
  const fallback = basename(resolve(folder));
  try {
    const entries = await list(folder);
    if (entries.files.includes("pipeline.yaml")) return [await readPipeline(folder, fallback, keepIn)];
    const yamlPath = join(folder, "model.yaml");
    const yaml = entries.files.includes("model.yaml") ? await readModelYaml(yamlPath, keepIn) : { file: {} };
    const { file } = yaml;
    const pbtxtPath = join(folder, "config.pbtxt");
    const pbtxt = entries.files.includes("config.pbtxt")
      ? { text: await readFile(pbtxtPath, "utf8"), path: pbtxtPath }
      : null;
    const name = file.name ?? fallback;
    const own = MODULES.find((each) => entries.files.includes(each));
    const module = own === undefined ? {} : { module: resolve(folder, own) };
    if (file.model !== undefined) {
      const source = isPath(file.model) ? join(folder, file.model) : file.model;
      return [{ name, version: "1", source, folders: [folder], ...yaml, pbtxt, ...module }];
    }
    const versions = entries.folders.filter(isVersion);
    if (versions.length > 0) {
      return await Promise.all(
        versions.map(async (version): Promise<Item> => {
          const inner = join(folder, version);
          try {
            const source = await onlyModel(inner);
            return { name, version, source, folders: [inner, folder], ...yaml, pbtxt, ...module };
          } catch (error) {
            return { name, version, error };
          }
        }),
      );
    }
    const described = file.name !== undefined || pbtxt !== null || entries.files.includes("model.yaml");
    if (!described && !entries.files.some(isModelFile)) {
      const foreign = foreignFolder(folder, entries);
      return foreign ? [foreign] : [];
    }
    const source = await onlyModel(folder);
    return [{ name, version: "1", source, folders: [folder], ...yaml, pbtxt, ...module }];
  } catch (error) {
    return [{ name: fallback, version: "1", error }];
  }
}

async function readPipeline(
  folder: string,
  fallback: string,
  keepIn: string | undefined,
): Promise<FoundPipeline> {
  const path = join(folder, "pipeline.yaml");
  const text = await readFile(path, "utf8");
  const pipeline = await parsedOnce({ text, path }, keepIn, async () =>
    (await import("./graph/file.ts")).parsePipelineYaml(text, path),
  );
  return { name: pipeline.name ?? fallback, version: "1", folder: resolve(folder), pipeline, text };
}

async function readModelYaml(
  path: string,
  keepIn: string | undefined,
): Promise<Pick<Found, "file" | "yaml">> {
  const text = await readFile(path, "utf8");
  const file = await parsedOnce({ text, path }, keepIn, async () =>
    (await import("../../model/contract/file/parse.ts")).parseModelYaml(text, path),
  );
  return { file, yaml: { text, path } };
}

/** The one model file of a folder; `model.*` wins over others. */
async function onlyModel(folder: string): Promise<string> {
  const entries = await list(folder);
  const files = entries.files.filter(isModelFile);
  const preferred = files.filter((name) => basename(name, extname(name)) === "model");
  const [first, second] = preferred.length > 0 ? preferred : files;
  if (first === undefined) {
    const kind = foreignFolder(folder, entries);
    if (kind) throw kind.error;
    const file = entries.files.find(isForeignFile);
    // Opening it says exactly what it is.
    if (file !== undefined) return join(folder, file);
    throw fail("MODEL_NOT_IN_FOLDER", { folder });
  }
  if (second !== undefined) throw fail("MODEL_SEVERAL_IN_FOLDER", { folder, files: files.join(", ") });
  return join(folder, first);
}

async function list(folder: string): Promise<Entries> {
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const kind = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => null) : entry;
    if (kind?.isFile()) files.push(entry.name);
    else if (kind?.isDirectory()) folders.push(entry.name);
  }
  return { files: files.sort(), folders: folders.sort() };
}

function isModelFile(name: string): boolean {
  return MODEL_EXTENSIONS.has(extname(name).toLowerCase());
}

function isForeignFile(name: string): boolean {
  return FOREIGN_EXTENSIONS.has(extname(name).toLowerCase());
}

/** Sources of the models that the steps of a pipeline are made of, paths in full. */
export function modelsNamedBy({ folder, pipeline }: FoundPipeline): string[] {
  const models = Object.values(pipeline.steps).flatMap(({ model }) => model ?? []);
  return models.map((model) => (isPath(model) ? resolve(folder, model) : model));
}

/** Anything without a scheme is a path; one letter before the colon is a drive of Windows. */
export function isPath(source: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:/i.test(source);
}

function rejectTwins(found: Item[]): Item[] {
  const seen = new Map<string, Item>();
  return found.map((item) => {
    const key = `${item.name}\n${item.version}`;
    const twin = seen.get(key);
    seen.set(key, twin ?? item);
    if (!twin) return item;
    const place = (of: Item) => ("source" in of ? of.source : "folder" in of ? of.folder : of.name);
    const error = fail("MODEL_NAME_TAKEN", { name: item.name, first: place(twin), second: place(item) });
    return { name: item.name, version: item.version, error };
  });
}
