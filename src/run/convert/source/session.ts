import { stat } from "node:fs/promises";
import { fail } from "../../../base/errors/index.ts";
import { FORMATS } from "../../../model/formats/table.ts";
import type { Model } from "../../../model/graph/graph.ts";
import { signatureOf } from "../../../model/graph/index.ts";
import type { Signature, Tensors } from "../../../model/tensor/tensor.ts";
import { findPackage, type InstalledPackage } from "./find.ts";
import { type OpenedSource, openSourceModel } from "./open.ts";
import { SOURCE_RUNTIMES, type SourceRuntime } from "./table.ts";

/** What runs the models of a format as they are. */
export interface FoundRuntime {
  readonly runtime: SourceRuntime;
  readonly installed: InstalledPackage;
  /** "@litertjs/core 2.5.3" */
  readonly name: string;
}

/**
 * The runtime of a model's own format, or one clause on why it cannot be had.
 * @param from folders in and above which packages are looked for
 */
export async function findRuntime(
  model: Model,
  path: string,
  from?: readonly string[],
): Promise<FoundRuntime | { reason: string }> {
  const title = FORMATS.find(({ id }) => id === model.format)?.title ?? model.format;
  const runtime = SOURCE_RUNTIMES.find(({ format }) => format === model.format);
  if (!runtime || !model.ownFile)
    return { reason: `nothing here runs the original, which is of the format ${title}` };
  const installed = await findPackage(runtime.package, from);
  if (!installed) {
    const reason = `the original, which is of the format ${title}, is run by the package ${runtime.package} alone, which is not installed: npm install ${runtime.package}`;
    return { reason };
  }
  const { size } = await stat(path);
  const name = `${runtime.package} ${installed.version}`;
  if (size > runtime.limit) return { reason: `${name} is given files of ${runtime.limit} bytes at most` };
  return { runtime, installed, name };
}

/** A model in its own format's runtime, as far as a Session is asked to collect answers. */
export interface SourceSession {
  /** Without what the model keeps from run to run. */
  readonly signature: Signature;
  /** @throws RUN_FAILED with what the runtime says, ABORTED */
  run(feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

export interface SourceOptions {
  /** Names of inputs and outputs of the model that the runtime keeps itself. */
  readonly kept: ReadonlySet<string>;
  /** Values of the model's graph that it gives too. */
  readonly more?: readonly string[];
  readonly kernels?: number;
  /** What the outputs' shapes are for some inputs, where the model leaves that open; null where nobody can tell. */
  shapesFor(feeds: Tensors): Promise<ReadonlyMap<string, readonly number[]> | null>;
  readonly signal?: AbortSignal;
}

/** @throws FILE_*, ABORTED */
export async function openSource(
  model: Model,
  { runtime, installed }: FoundRuntime,
  { kept, more = [], kernels = 0, shapesFor, signal }: SourceOptions,
): Promise<SourceSession | { refusal: string }> {
  const all = signatureOf(model);
  const signature: Signature = {
    inputs: all.inputs.filter(({ name }) => !kept.has(name)),
    outputs: all.outputs.filter(({ name }) => !kept.has(name)),
  };
  const isOpen = [...signature.inputs, ...signature.outputs].some(
    ({ shape }) => shape?.some((dim) => typeof dim !== "number") ?? true,
  );
  const names = [...signature.outputs.map(({ name }) => name), ...more];
  let opened: OpenedSource | null = null;

  async function open(shapes: ReadonlyMap<string, readonly number[]>): Promise<{ refusal: string } | null> {
    await opened?.close();
    opened = null;
    const ask = { outputs: more, shapes };
    const file = await (model.ownFile as NonNullable<Model["ownFile"]>)(ask, signal);
    const made = await openSourceModel(runtime, installed, file, kernels, signal);
    if ("refusal" in made) return made;
    opened = made;
    return null;
  }

  const refused = isOpen ? null : await open(new Map());
  if (refused) return refused;
  return {
    signature,
    async run(feeds) {
      if (isOpen) {
        // A runtime that takes the lengths from the file alone is given a file with those of this run.
        const shapes = new Map(await shapesFor(feeds));
        for (const { name } of signature.inputs) shapes.set(name, feeds[name]?.shape ?? []);
        const refusal = await open(shapes);
        if (refusal) throw fail("RUN_FAILED", { problem: refusal.refusal });
      }
      const inputs = signature.inputs.map(({ name }) => {
        const tensor = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
        if (!tensor) throw fail("RUN_FAILED", { problem: `input ${name} is missing` });
        return tensor;
      });
      const said = await (opened as unknown as OpenedSource).run(inputs);
      if ("refusal" in said) throw fail("RUN_FAILED", { problem: said.refusal });
      return Object.fromEntries(
        said.outputs.flatMap((tensor, i) => (names[i] === undefined ? [] : [[names[i], tensor]])),
      );
    },
    async close() {
      await opened?.close();
    },
  };
}
