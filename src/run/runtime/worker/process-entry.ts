// Where a process that holds a model starts: loads it, then answers one run after the other, until its host is gone.
import { toPlainError } from "../../../base/errors/index.ts";
import { loadInstance } from "./instance.ts";
import {
  type Answer,
  type Ask,
  type AskBodies,
  type BodiesAnswer,
  type Loaded,
  type LoadOrder,
  unsendable,
} from "./messages.ts";
import { loadRuntime } from "./model.ts";
import { warmUp } from "./warm-up.ts";

if (process.send === undefined)
  throw new Error("This module is started by a session, in a process of its own.");

// Ctrl-C and a service's stop reach all processes of a group: the host answers what it has, and then ends this one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.once("disconnect", () => process.exit());
// A process may be started before it is known for which model. What goes wrong here does so again, and is told, with the model.
const [, , , modules] = process.argv;
(modules === undefined ? loadRuntime() : warmUp(JSON.parse(modules))).catch(() => {});
process.once("message", async (order: LoadOrder) => {
  process.title = `modelyard ${order.path}`;
  try {
    const { loaded, answer } = await loadInstance(order);
    process.on("message", async (ask: Ask | AskBodies) => reply(ask[0], await answer(ask)));
    send(loaded);
  } catch (error) {
    send({ error: toPlainError(error) });
    process.disconnect();
  }
});

function reply(id: number, answer: Answer | BodiesAnswer): void {
  try {
    send(answer);
  } catch (error) {
    // A message has at most 2 GB.
    send(unsendable(id, error));
  }
}

/** A host that is gone is told nothing; "disconnect" comes. */
function send(message: Loaded | Answer | BodiesAnswer): void {
  process.send?.(message, undefined, undefined, () => {});
}
