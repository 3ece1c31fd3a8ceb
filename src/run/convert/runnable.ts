import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf, makeFolder, openModelSink, openModelSource } from "../../base/node/index.ts";
import { packageVersion } from "../../base/node/version.ts";
import { openModel } from "../../model/formats/open.ts";
import { writeModel } from "../../model/formats/write.ts";
import { countWeightBytes, type ExpandedSize, expandedSize } from "../../model/graph/count.ts";
import type { Model } from "../../model/graph/graph.ts";
import { bringToOnnx } from "./lower.ts";

/** The file that the runtime is given for a model. */
export interface Runnable {
  readonly path: string;
  readonly size: ExpandedSize;
  /** Bytes of its constants. */
  readonly weights: number;
}

/**
 * The ONNX file of a model: its own, or, for a model of another format, the one that it is converted to when it is first run.
 * That one is kept in the cache by the digest of the original and by what converted it, and appears there whole or not at all.
 * @param cache folder in which it is kept
 * @throws MODEL_*, FILE_*, ABORTED
 */
export async function runnableFile(
  from: { readonly path: string; readonly model: Model },
  cache: string,
  signal?: AbortSignal,
): Promise<Runnable> {
  const { path, model } = from;
  if (!model.toOnnx) return { path, ...sizesOf(model) };
  const folder = join(cache, "onnx", `${await digestOf(path, signal)}-${await converterVersion()}`);
  const twin = join(folder, "model.onnx");
  if (!(await stat(twin).catch(() => null))) {
    const brought = await bringToOnnx(model, {}, signal);
    await makeFolder(folder);
    await writeModel(brought.model, await openModelSink(twin), signal ? { signal } : {});
  }
  const source = await openModelSource(twin);
  try {
    return { path: twin, ...sizesOf(await openModel(source, signal)) };
  } finally {
    await source.close();
  }
}

function sizesOf(model: Model): Omit<Runnable, "path"> {
  return { size: expandedSize(model), weights: countWeightBytes(model) };
}

/** What would convert the same file otherwise: the version of this program, and in a checkout the time at which it was built. */
async function converterVersion(): Promise<string> {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const version = packageVersion();
  const built = await stat(file("../../.build/stamp")).catch(() => null);
  return built ? `${version}-${Math.floor(built.mtimeMs)}` : version;
}
