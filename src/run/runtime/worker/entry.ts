// Where a worker thread starts: loads one model, then answers one run after the other.
import { parentPort, workerData } from "node:worker_threads";
import { toPlainError } from "../../../base/errors/index.ts";
import { loadInstance } from "./instance.ts";
import {
  type Answer,
  type Ask,
  type AskBodies,
  buffersToMove,
  type Loaded,
  type LoadOrder,
} from "./messages.ts";
import { loadRuntime } from "./model.ts";
import { warmUp } from "./warm-up.ts";

const port = parentPort;
if (port === null) throw new Error("This module is started by a session, in a worker thread.");

// A thread may be started before it is known for which model. What goes wrong here does so again, and is told, with the model.
const { modules } = workerData as { modules: readonly string[] | null };
(modules === null ? loadRuntime() : warmUp(modules)).catch(() => {});
port.once("message", async (order: LoadOrder | "close") => {
  if (order === "close") return port.close();
  try {
    const { loaded, answer, release } = await loadInstance(order);
    port.on("message", async (ask: Ask | AskBodies | "close") => {
      if (ask === "close") {
        await release();
        port.close();
        return;
      }
      const reply = await answer(ask);
      port.postMessage(reply, ask[1] === "bodies" ? [] : buffersToMove(reply as Answer));
    });
    port.postMessage(loaded satisfies Loaded);
  } catch (error) {
    const failed: Loaded = { error: toPlainError(error) };
    port.postMessage(failed);
  }
});
