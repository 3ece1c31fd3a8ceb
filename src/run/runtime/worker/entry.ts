// Where a worker thread starts: loads one model, then answers one run after the other.
import { parentPort, workerData } from "node:worker_threads";
import { toPlainError } from "../../../base/errors/index.ts";
import { type Ask, buffersToMove, type Loaded, type LoadOrder } from "./messages.ts";
import { loadModel } from "./model.ts";
import { probe } from "./probe.ts";

const port = parentPort;
if (port === null) throw new Error("This module is started by a session, in a worker thread.");

const order = workerData as LoadOrder;
try {
  const model = await loadModel(order);
  const probed = order.probe
    ? await probe(model.signature, model.outputs, (slots) => model.run(model.outputs, slots))
    : null;
  port.on("message", async (ask: Ask | "close") => {
    if (ask === "close") {
      await model.release();
      port.close();
      return;
    }
    const answer = await model.answer(ask);
    port.postMessage(answer, buffersToMove(answer));
  });
  const loaded: Loaded = { signature: model.signature, outputs: model.outputs, probed };
  port.postMessage(loaded);
} catch (error) {
  const failed: Loaded = { error: toPlainError(error) };
  port.postMessage(failed);
}
