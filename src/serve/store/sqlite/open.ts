import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { Kysely, Migrator } from "kysely";
import { fail, isModelyardError } from "../../../base/errors/index.ts";
import { makeFolder } from "../../../base/node/index.ts";
import { DATABASE } from "../folder.ts";
import { MIGRATIONS } from "../migrations/table.ts";
import type { Schema } from "../schema.ts";
import { sqliteDialect } from "./dialect.ts";

/** Another process that writes is waited for so long. */
const BUSY_MS = 10_000;

export interface OpenedDatabase {
  readonly raw: DatabaseSyncInstance;
  readonly db: Kysely<Schema>;
  readonly path: string;
}

/**
 * Opens the database of a data folder, made and brought up to date if need be.
 * @throws STORE_UNOPENABLE, STORE_NEWER
 */
export async function openDatabase(folder: string): Promise<OpenedDatabase> {
  const path = join(folder, DATABASE);
  let raw: DatabaseSyncInstance | null = null;
  try {
    await makeFolder(folder);
    raw = new DatabaseSync(path, { timeout: BUSY_MS });
    await useWal(raw);
    raw.exec("pragma synchronous = normal");
    const db = new Kysely<Schema>({ dialect: sqliteDialect(raw) });
    await migrate(db, path);
    return { raw, db, path };
  } catch (cause) {
    raw?.close();
    if (isModelyardError(cause) && cause.code !== "FILE_UNWRITABLE") throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw fail("STORE_UNOPENABLE", { path, problem }, { cause });
  }
}

/** Readers and one writer at once. Two processes that switch at the same moment do not wait for each other: they try again. */
async function useWal(raw: DatabaseSyncInstance): Promise<void> {
  const deadline = Date.now() + BUSY_MS;
  for (;;) {
    try {
      raw.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      const busy = error instanceof Error && /locked|busy/i.test(error.message);
      if (!busy || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function migrate(db: Kysely<Schema>, path: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  // Steps in the database that are not known here are of a later version.
  const step = /previously executed migration (.+) is missing/.exec(
    error instanceof Error ? error.message : "",
  );
  throw step ? fail("STORE_NEWER", { path, step: step[1] ?? "" }) : error;
}
