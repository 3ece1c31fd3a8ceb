import { cp, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { fileError, makeFolder, writeWhole } from "../../base/node/index.ts";
import { compose } from "./compose.ts";
import { dockerfile, MARK } from "./dockerfile.ts";

export interface DeployOptions {
  /** Folder of the build, made if need be. */
  readonly out: string;
  /** Folder of models; null where they are mounted when the image runs. */
  readonly models: string | null;
  /** What npm installs: a name and version, or the path of a tarball. */
  readonly package: string;
  /** Whether a compose.yaml is written too. */
  readonly compose: boolean;
}

export interface Deployed {
  readonly folder: string;
  /** Paths from the folder. */
  readonly files: readonly string[];
  /** Paths of what lies among the models from before and is no more among those that were brought: it is in the image too. */
  readonly left?: readonly string[];
}

/**
 * Writes a folder that an image is built of: what it needs lies in it.
 * @throws DEPLOY_EXISTS before anything is written, FILE_NOT_FOUND, FILE_UNREADABLE, FILE_UNWRITABLE
 */
export async function writeDeployment(options: DeployOptions): Promise<Deployed> {
  const out = resolve(options.out);
  const isTarball = /\.tgz$/.test(options.package);
  for (const path of [options.models, isTarball ? options.package : null]) {
    if (path === null) continue;
    await stat(path).catch((error: unknown) => {
      throw fileError(path, error);
    });
  }
  const models = options.models === null ? null : placeOf(out, options.models, "models");
  const tarball = isTarball ? placeOf(out, options.package, basename(options.package)) : null;
  const spec = tarball ?? options.package;
  const texts = new Map([
    ["Dockerfile", dockerfile({ package: spec, isTarball, models })],
    [".dockerignore", dockerignore([models, tarball])],
    ...(options.compose ? [["compose.yaml", compose({ mounted: models === null })] as const] : []),
  ]);
  for (const name of texts.keys()) await refuseOthers(join(out, name));
  await makeFolder(out);
  if (options.models !== null && models !== null) await bring(options.models, join(out, models));
  if (tarball !== null) await bring(options.package, join(out, tarball));
  for (const [name, text] of texts) await writeWhole(join(out, name), [Buffer.from(text)]);
  if (models === null) await mkdir(join(out, "models"), { recursive: true });
  const brought = [models, tarball].filter((path) => path !== null);
  const left =
    options.models === null || models === null ? [] : await leftAmong(options.models, join(out, models));
  return {
    folder: out,
    files: [...texts.keys(), ...brought],
    ...(left.length === 0 ? {} : { left: left.map((path) => `${models}/${path}`) }),
  };
}

/** What a copy holds that its original does not, without what lies in such folders; nothing is removed that a person may have put there. */
async function leftAmong(original: string, copy: string): Promise<string[]> {
  const pathsOf = async (folder: string) =>
    (await stat(folder)).isDirectory() ? await readdir(folder, { recursive: true }) : [];
  const there = new Set(await pathsOf(original));
  const left = new Set((await pathsOf(copy)).filter((path) => !there.has(path)));
  return [...left].filter((path) => !left.has(dirname(path))).sort();
}

/** Where something lies in the build's folder: where it is already, else under a name of its own. */
function placeOf(out: string, path: string, otherwise: string): string {
  const inside = relative(out, resolve(path));
  const isInside = inside !== "" && !isAbsolute(inside) && inside.split(sep)[0] !== "..";
  return isInside ? inside.split(sep).join("/") : otherwise;
}

async function bring(from: string, to: string): Promise<void> {
  if (resolve(from) === to) return;
  try {
    await cp(from, to, { recursive: true, dereference: true, preserveTimestamps: true });
  } catch (error) {
    throw fileError(from, error);
  }
}

/** What a person wrote is left alone. */
async function refuseOthers(path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text !== null && !text.startsWith(MARK)) throw fail("DEPLOY_EXISTS", { path });
}

/** Everything stays outside but what the image is made of: a key or a .npmrc that lies around does not get in. */
function dockerignore(wanted: readonly (string | null)[]): string {
  const lines = wanted.filter((path) => path !== null).map((path) => `!${path}`);
  return `${[`${MARK} docker; it is yours to change.`, "*", ...lines].join("\n")}\n`;
}
