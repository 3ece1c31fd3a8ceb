// Where an evaluator's thread starts: each message is a model with its feeds; it is loaded, run once and given back.
import { parentPort } from "node:worker_threads";
import { fail, toPlainError } from "../../../base/errors/index.ts";
import type { Tensor, TensorData, Tensors } from "../../../model/tensor/tensor.ts";
import { checkFeeds } from "../feeds.ts";
import type { Evaluated, Evaluation, RuntimeOptions, Slot } from "./messages.ts";
import { loadModel } from "./model.ts";

const port = parentPort;
if (port === null) throw new Error("This module is started by an evaluator, in a worker thread.");

/** One after the other: what a model takes is given back before the next is loaded. */
let last: Promise<void> = Promise.resolve();
port.on("message", (ask: Evaluation | "close") => {
  last = last.then(async () => {
    if (ask === "close") port.close();
    else port.postMessage(await answer(ask));
  });
});

async function answer({ id, bytes, feeds, runtime }: Evaluation): Promise<Evaluated> {
  try {
    return { id, error: null, outputs: await evaluate(bytes, feeds, runtime) };
  } catch (error) {
    return { id, error: toPlainError(error), outputs: {} };
  }
}

async function evaluate(bytes: Uint8Array, feeds: Tensors, runtime: RuntimeOptions): Promise<Tensors> {
  const model = await loadModel("the model", runtime, bytes);
  try {
    const { outputs } = model.signature;
    if (outputs.length < model.outputs.length) {
      // Asking for an output that the binding cannot carry ends the process.
      const value = model.outputs.find((name) => !outputs.some((spec) => spec.name === name)) ?? "";
      throw fail("RUN_TYPE_UNSUPPORTED", { value: `Output ${value}`, type: "no tensor of a carried type" });
    }
    const { shapes, data } = checkFeeds(model.signature, feeds);
    const slots = shapes.flatMap((shape, i): Slot[] => [shape, data[i] as TensorData]);
    const results = await model.run(model.outputs, slots);
    const answers: [string, Tensor][] = outputs.map(({ name, dtype }, i) => [
      name,
      { dtype, shape: results[2 * i] as readonly number[], data: results[2 * i + 1] as TensorData },
    ]);
    return Object.fromEntries(answers);
  } finally {
    await model.release();
  }
}
