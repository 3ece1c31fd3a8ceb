// The store's thread: the database lives here, so that no statement ever holds up an answer.
import { parentPort, workerData } from "node:worker_threads";
import { fail, isModelyardError, toPlainError } from "../../base/errors/index.ts";
import type { Ask, Question, Reply, StoreOrder } from "./messages.ts";
import { addKey, noteUses, readKeys, revokeKey } from "./sqlite/keys.ts";
import { type OpenedDatabase, openDatabase } from "./sqlite/open.ts";
import { Tables } from "./sqlite/tables.ts";

const port = parentPort;
if (port === null) throw new Error("this module is the entry of a worker thread");
const { folder, maxRows } = workerData as StoreOrder;
const reply = (message: Reply) => port.postMessage(message);

try {
  const database = await openDatabase(folder);
  const tables = new Tables(database, maxRows);
  // One after the other: a close comes after everything that was asked before it.
  let last: Promise<void> = Promise.resolve();
  port.on("message", ({ number, ask }: Question) => {
    last = last
      .then(() => answer(database, tables, ask))
      .then(
        (value) => reply({ number, value }),
        (cause: unknown) => reply({ number, error: toPlainError(failure(cause)) }),
      )
      .then(() => {
        if (ask.kind === "close") port.close();
      });
  });
  reply({ number: 0, value: null });
} catch (error) {
  reply({ number: 0, error: toPlainError(error) });
}

async function answer(database: OpenedDatabase, tables: Tables, ask: Ask): Promise<unknown> {
  switch (ask.kind) {
    case "log":
      return tables.log(ask.answerers, ask.cells);
    case "record":
      return tables.record(ask.row);
    case "predictions":
      return tables.predictions(ask.query);
    case "models":
      return tables.models();
    case "keys":
      return readKeys(database.raw);
    case "add key":
      return addKey(await database.queries(), ask.row);
    case "revoke key":
      return revokeKey(await database.queries(), ask.id, ask.time);
    case "note uses":
      return noteUses(await database.queries(), ask.uses);
    case "close":
      return tables.close();
  }
}

function failure(cause: unknown): unknown {
  if (isModelyardError(cause)) return cause;
  return fail("STORE_FAILED", { problem: cause instanceof Error ? cause.message : String(cause) }, { cause });
}
