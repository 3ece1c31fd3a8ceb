// Where a process starts that measures one variant and ends: what it took is known from nothing else having been there, and a
// crash of the runtime's native code takes nothing with it.
import { toPlainError } from "../../../base/errors/index.ts";
import { costOf } from "./cost.ts";
import { errorsOf } from "./errors.ts";
import type { Order, Reply } from "./messages.ts";

process.once("message", async (order: Order) => {
  let reply: Reply;
  try {
    reply = { answer: order.kind === "cost" ? await costOf(order) : await errorsOf(order) };
  } catch (error) {
    reply = { error: toPlainError(error) };
  }
  process.send?.(reply, () => process.disconnect());
});
