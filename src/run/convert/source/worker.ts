// Where a thread with a format's own runtime starts: it opens one model and answers one question after the other.
import { parentPort, workerData } from "node:worker_threads";
import type { Adapter, SourceModel } from "./adapter.ts";
import type { SourceAsk, SourceOrder, SourceSaid } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("This module is started by openSourceModel, in a worker thread.");
const { adapter, folder, file, kernels } = workerData as SourceOrder;

const model = await answer(async () => {
  const { open } = (await import(adapter)) as Adapter;
  return { outputs: [], model: await open(folder, file, kernels) };
});
if ("model" in model) {
  port.on("message", async (inputs: SourceAsk) => {
    const opened: SourceModel = model.model;
    say(await answer(async () => ({ outputs: await opened.run(inputs) })));
  });
  say({ outputs: [] });
} else say(model);

async function answer<T>(ask: () => Promise<T>): Promise<T | { refusal: string }> {
  try {
    return await ask();
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}

function say(said: SourceSaid): void {
  port?.postMessage(said);
}
