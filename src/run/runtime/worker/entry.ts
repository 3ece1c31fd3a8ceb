// Where a worker thread starts: loads one model, then answers one run after the other.
import { parentPort, workerData } from "node:worker_threads";
import { toPlainError } from "../../../base/errors/index.ts";
import { type AnswerBodies, openBodies } from "./bodies.ts";
import {
  type Ask,
  type AskBodies,
  buffersToMove,
  type Loaded,
  type LoadOrder,
  type RuntimeOptions,
  type Slot,
} from "./messages.ts";
import { loadModel } from "./model.ts";
import { isQuick, probe } from "./probe.ts";
import { loadWithTail } from "./tail.ts";

const port = parentPort;
if (port === null) throw new Error("This module is started by a session, in a worker thread.");

const order = workerData as LoadOrder;
try {
  const load = (runtime: RuntimeOptions) =>
    order.tail === null ? loadModel(order.path, runtime) : loadWithTail(order.path, order.tail, runtime);
  let model = await load(order.runtime);
  const run = (slots: Slot[]) => model.run(model.outputs, slots);
  // Asking for an output that the binding cannot carry ends the process.
  const isReadable = model.outputs.length === model.signature.outputs.length;
  const single = order.single !== null && isReadable && (await isQuick(model.signature, run));
  if (single) {
    await model.release();
    model = await load(order.single);
  }
  const probed = order.probe ? await probe(model.signature, model.outputs, run) : null;
  const answerBodies = order.codec && (await openBodies(model, order.codec));
  port.on("message", async (ask: Ask | AskBodies | "close") => {
    if (ask === "close") {
      await model.release();
      port.close();
      return;
    }
    if (ask[1] === "bodies") {
      port.postMessage(await (answerBodies as AnswerBodies)(ask as AskBodies));
      return;
    }
    const answer = await model.answer(ask as Ask);
    port.postMessage(answer, buffersToMove(answer));
  });
  const loaded: Loaded = { signature: model.signature, outputs: model.outputs, probed, single };
  port.postMessage(loaded);
} catch (error) {
  const failed: Loaded = { error: toPlainError(error) };
  port.postMessage(failed);
}
