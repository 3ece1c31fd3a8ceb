// Where a process that holds a model starts: loads it, then answers one run after the other, until its host is gone.
import { holdModels, type Said } from "./holder.ts";
import { type Ask, type AskBodies, type Request, unsendable } from "./messages.ts";
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

const hear = holdModels(
  (said, ask) => {
    if (said === "free") process.title = "spare";
    if (ask === null) send(said);
    else reply(ask, said);
  },
  () => process.memoryUsage.rss(),
  () => process.disconnect(),
);
process.on("message", (message: Request) => {
  if (typeof message === "object" && "path" in message) process.title = `modelyard ${message.path}`;
  void hear(message);
});

function reply(ask: Ask | AskBodies, said: Said): void {
  try {
    send(said);
  } catch (error) {
    // A message has at most 2 GB.
    send(unsendable(ask[0], error));
  }
}

/** A host that is gone is told nothing; "disconnect" comes. */
function send(said: Said): void {
  process.send?.(said, undefined, undefined, () => {});
}
