// Where the reader's thread starts: it answers one question after the other.
import { parentPort } from "node:worker_threads";
import { toPlainError } from "../../../base/errors/error.ts";
import { answerOf } from "./answer.ts";
import type { ReaderAsk, ReaderReply } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("This module is started by a reader, in a worker thread.");

port.on("message", async (ask: ReaderAsk) => {
  const reply = await answerOf(ask).then(
    (value): ReaderReply => ({ value }),
    (error: unknown): ReaderReply => ({ error: toPlainError(error) }),
  );
  port.postMessage(reply);
});
