// Where the process that compiles starts. It ends after one model, so that the memory goes back and a crash of the runtime's
// native code takes nothing with it.
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, toPlainError } from "../../../base/errors/index.ts";
import type { TensorData } from "../../../model/tensor/tensor.ts";
import { findGuess } from "../worker/guess.ts";
import type { Slot } from "../worker/messages.ts";
import { loadModel, type Model } from "../worker/model.ts";
import { inputRows } from "../worker/probe-rows.ts";
import { alignWeights } from "./align.ts";
import type { Measured } from "./artefact.ts";
import type { Compiled, CompileOrder } from "./messages.ts";

// Ctrl-C and a service's stop reach all processes of a group. Whoever started this one ends it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.once("disconnect", () => process.exit());
process.once("message", async (order: CompileOrder) => {
  let answer: Compiled;
  try {
    answer = { measured: await compile(order) };
  } catch (error) {
    answer = { error: toPlainError(error) };
  }
  process.send?.(answer, undefined, undefined, () => process.exit());
});

/** Rows of made-up inputs whose answers must be the same before and after. */
const ROWS = [0, 1, 2];

async function compile(order: CompileOrder): Promise<Measured> {
  // Loading the runtime's own code is no part of loading a model.
  await import("onnxruntime-node");
  let problem: unknown;
  for (const optimizing of order.optimizing) {
    for (const name of await readdir(order.folder)) await rm(join(order.folder, name));
    const started = performance.now();
    const model = await loadModel(order.path, optimizing);
    const source = performance.now() - started;
    try {
      const weights = join(order.folder, order.weights);
      const outside = await stat(weights).catch(() => null);
      if (outside) await alignWeights(join(order.folder, order.graph), weights);
      const measured = await measure(order, model, source);
      if (order.ort) await writeOrt(order, order.ort);
      return measured;
    } catch (error) {
      problem = error;
    } finally {
      await model.release();
    }
  }
  throw problem;
}

/** Another load writes it; its answers are held to those of the graph that it was written from. */
async function writeOrt(
  order: CompileOrder,
  { name, optimizing }: NonNullable<CompileOrder["ort"]>,
): Promise<void> {
  const model = await loadModel(order.path, optimizing);
  try {
    const path = join(order.folder, name);
    const result = await loadModel(path, order.loading);
    try {
      await compare(path, model, result);
    } finally {
      await result.release();
    }
  } finally {
    await model.release();
  }
}

async function measure(order: CompileOrder, model: Model, source: number): Promise<Measured> {
  const path = join(order.folder, order.graph);
  // The first time, the file's pages are still on their way to the disk.
  await (await loadModel(path, order.loading)).release();
  const started = performance.now();
  const result = await loadModel(path, order.loading);
  const artefact = performance.now() - started;
  try {
    return {
      load: { source: round(source), artefact: round(artefact) },
      compared: await compare(path, model, result),
    };
  } finally {
    await result.release();
  }
}

const round = (milliseconds: number) => Math.round(milliseconds * 10) / 10;

/** @throws COMPILE_FAILED where the artefact answers otherwise than what it was made from */
async function compare(path: string, model: Model, result: Model): Promise<number> {
  const { signature, outputs } = model;
  // Asking for an output that the binding cannot carry ends the process.
  if (outputs.length !== signature.outputs.length) return 0;
  const guess = await findGuess(signature, (slots) => model.run(outputs, slots));
  if (typeof guess === "string") return 0;
  let compared = 0;
  for (const row of ROWS) {
    const slots = inputRows(signature, guess, [row]);
    const own = await model.run(outputs, slots);
    // A net with random operators answers otherwise each time: nothing can be said of it.
    if (!same(own, await model.run(outputs, slots))) return 0;
    if (!same(own, await result.run(outputs, slots)))
      throw fail("COMPILE_FAILED", { path, problem: "its answers are not those of the model" });
    compared += outputs.length;
  }
  return compared;
}

/** Bit for bit. */
function same(a: readonly Slot[], b: readonly Slot[]): boolean {
  return a.every((slot, i) => equal(slot, b[i] as Slot));
}

function equal(a: Slot, b: Slot): boolean {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
  const [one, other] = [a as readonly unknown[], b as readonly unknown[]];
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

function bytesOf(data: Extract<TensorData, ArrayBufferView>): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
