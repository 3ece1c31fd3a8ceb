import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf, makeFolder, openModelSink, openModelSource } from "../../base/node/index.ts";
import { builtVersion } from "../../base/node/version.ts";
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
  /** sha256 of what the model was converted to, hexadecimal; absent where it is run as it is. */
  readonly digest?: string;
}

/** What is to be run. */
export interface RunnableFrom {
  readonly path: string;
  readonly model: Model;
  /** sha256 of the file, hexadecimal, where somebody knows it or will. */
  readonly digest?: () => Promise<string>;
}

/**
 * The ONNX file of a model: its own, or, for a model of another format, the one that it is converted to when it is first run.
 * That one is kept in the cache by the digest of the original and by what converted it, and appears there whole or not at all.
 * @param cache folder in which it is kept
 * @throws MODEL_*, FILE_*, ABORTED
 */
export async function runnableFile(
  from: RunnableFrom,
  cache: string,
  signal?: AbortSignal,
): Promise<Runnable> {
  const { path, model } = from;
  if (!model.toOnnx) return { path, ...sizesOf(model) };
  const twin = await twinOf(from, cache, signal);
  if (!(await stat(twin).catch(() => null))) {
    const brought = await bringToOnnx(model, {}, signal);
    await makeFolder(dirname(twin));
    await writeModel(brought.model, await openModelSink(twin), signal ? { signal } : {});
  }
  return atTwin(twin, signal);
}

/** The same, where it takes no converting; null where it does. @throws FILE_*, MODEL_* */
export async function keptRunnable(from: RunnableFrom, cache: string): Promise<Runnable | null> {
  if (!from.model.toOnnx) return runnableFile(from, cache);
  const twin = await twinOf(from, cache);
  return (await stat(twin).catch(() => null)) ? atTwin(twin) : null;
}

async function twinOf({ path, digest }: RunnableFrom, cache: string, signal?: AbortSignal): Promise<string> {
  const original = await (digest?.() ?? digestOf(path, signal));
  return join(cache, "onnx", `${original}-${builtVersion()}`, "model.onnx");
}

async function atTwin(twin: string, signal?: AbortSignal): Promise<Runnable> {
  const source = await openModelSource(twin);
  try {
    return { path: twin, ...sizesOf(await openModel(source, signal)), digest: await digestOf(twin, signal) };
  } finally {
    await source.close();
  }
}

function sizesOf(model: Model): Omit<Runnable, "path"> {
  return { size: expandedSize(model), weights: countWeightBytes(model) };
}
