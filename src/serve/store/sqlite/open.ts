import { join } from "node:path";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import type { Kysely } from "kysely";
import { fail, isModelyardError } from "../../../base/errors/index.ts";
import { makeFolder } from "../../../base/node/index.ts";
import { DATABASE } from "../folder.ts";
import { STEPS } from "../migrations/steps.ts";
import { COLUMNS, type Schema } from "../schema.ts";

/** Another process that writes is waited for so long. */
const BUSY_MS = 10_000;

/** Where Kysely notes the steps that were taken. */
const MIGRATION_TABLE = "kysely_migration";

export interface OpenedDatabase {
  /** For what every start and every answer asks: reading the keys, the log, the models that are served. */
  readonly raw: DatabaseSyncInstance;
  readonly path: string;
  /**
   * Kysely over it, loaded for whoever asks first. Its modules take several times as long to load as a database to open, and a
   * server is ready only when it knows its keys.
   */
  queries(): Promise<Kysely<Schema>>;
  close(): Promise<void>;
}

/**
 * Opens the database of a data folder, made and brought up to date if need be.
 * @throws STORE_UNOPENABLE, STORE_NEWER, STORE_DAMAGED
 */
export async function openDatabase(folder: string): Promise<OpenedDatabase> {
  const path = join(folder, DATABASE);
  let raw: DatabaseSyncInstance | null = null;
  try {
    await makeFolder(folder);
    raw = new DatabaseSync(path, { timeout: BUSY_MS });
    await useWal(raw);
    raw.exec("pragma synchronous = normal");
    const database = opened(raw, path);
    if (!isCurrent(raw)) await (await import("./migrate.ts")).migrate(await database.queries(), path);
    checkTables(raw, path);
    return database;
  } catch (cause) {
    raw?.close();
    if (isModelyardError(cause) && cause.code !== "FILE_UNWRITABLE") throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw fail("STORE_UNOPENABLE", { path, problem }, { cause });
  }
}

function opened(raw: DatabaseSyncInstance, path: string): OpenedDatabase {
  let loading: Promise<Kysely<Schema>> | null = null;
  return {
    raw,
    path,
    queries() {
      loading ??= import("./dialect.ts").then(({ openKysely }) => openKysely(raw));
      return loading;
    },
    async close() {
      await (await loading)?.destroy();
      // Kysely closes what it was asked of, and nothing else.
      if (raw.isOpen) raw.close();
    },
  };
}

/** Whether exactly the steps that are known here were taken. Whatever else it is, migrating finds out. */
function isCurrent(raw: DatabaseSyncInstance): boolean {
  const known = raw.prepare("select 1 from sqlite_schema where type = 'table' and name = ?");
  if (known.get(MIGRATION_TABLE) === undefined) return false;
  const taken = raw.prepare(`select name from ${MIGRATION_TABLE} order by name`).all() as { name: string }[];
  return taken.length === STEPS.length && taken.every(({ name }, i) => name === STEPS[i]);
}

/** Steps may have been taken, and what they made be gone or of another make. @throws STORE_DAMAGED */
function checkTables(raw: DatabaseSyncInstance, path: string): void {
  for (const [table, columns] of Object.entries(COLUMNS)) {
    // A name in quotes that is no column would be a text.
    const names = columns.map((column) => `${table}.${column}`).join(", ");
    try {
      raw.prepare(`select ${names} from ${table} limit 0`).all();
    } catch (cause) {
      throw fail("STORE_DAMAGED", { path, problem: (cause as Error).message }, { cause });
    }
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
