import type { StatementSyncInstance } from "@photostructure/sqlite";
import { type Cell, LOGGED } from "../messages.ts";
import type { ModelRow, PredictionQuery, PredictionRow } from "../store.ts";
import type { OpenedDatabase } from "./open.ts";

/** Rows beyond the bound are removed in pieces, so that no write waits long for the removal. */
const PRUNE_EVERY = 10_000;

/** The tables as the store asks for them. Everything here runs in the store's worker. */
export class Tables {
  readonly #database: OpenedDatabase;
  readonly #maxRows: number;
  readonly #insert: StatementSyncInstance;
  #sincePruned = PRUNE_EVERY;

  constructor(database: OpenedDatabase, maxRows: number) {
    this.#database = database;
    this.#maxRows = maxRows;
    const example = Object.fromEntries(LOGGED.map((column) => [column, ""]));
    // Compiled and prepared once: the log writes many thousand rows a second.
    this.#insert = database.raw.prepare(
      database.db
        .insertInto("predictions")
        .values(example as never)
        .compile().sql,
    );
  }

  /** One transaction for all rows, their cells in the order of LOGGED. */
  log(cells: readonly Cell[]): void {
    const { raw } = this.#database;
    raw.exec("begin immediate");
    try {
      for (let at = 0; at < cells.length; at += LOGGED.length) {
        this.#insert.run(...cells.slice(at, at + LOGGED.length).map(cleaned));
      }
      this.#sincePruned += cells.length / LOGGED.length;
      if (this.#sincePruned >= PRUNE_EVERY) {
        this.#prune();
        this.#sincePruned = 0;
      }
      raw.exec("commit");
    } catch (error) {
      if (raw.isTransaction) raw.exec("rollback");
      throw error;
    }
  }

  #prune(): void {
    this.#database.raw
      .prepare("delete from predictions where id <= (select max(id) from predictions) - ?")
      .run(this.#maxRows);
  }

  async record(row: ModelRow): Promise<void> {
    const { firstSeen, ...rest } = row;
    await this.#database.db
      .insertInto("models")
      .values({ ...mapCells(rest), first_seen: Math.round(firstSeen) })
      .onConflict((conflict) =>
        // When it was first seen stays; what is said of it now is the truth.
        conflict
          .columns(["name", "version", "digest"])
          .doUpdateSet({ source: row.source, contract: row.contract }),
      )
      .execute();
  }

  async predictions({ model, status, before, limit = 20 }: PredictionQuery): Promise<PredictionRow[]> {
    let query = this.#database.db
      .selectFrom("predictions")
      .selectAll()
      .orderBy("time", "desc")
      .orderBy("id", "desc");
    if (model !== undefined) query = query.where("model", "=", model);
    if (status !== undefined) query = query.where("status", "=", status);
    if (before !== undefined) query = query.where("time", "<", before);
    const rows = await query.limit(limit).execute();
    return rows.map(({ id: _, request, duration_ms, input_digest, ...rest }) => ({
      id: request,
      ...rest,
      durationMs: duration_ms,
      inputDigest: input_digest,
    }));
  }

  async models(): Promise<ModelRow[]> {
    const rows = await this.#database.db.selectFrom("models").selectAll().orderBy("first_seen").execute();
    return rows.map(({ first_seen, ...rest }) => ({ ...rest, firstSeen: first_seen }));
  }

  async close(): Promise<void> {
    await this.#database.db.destroy();
  }
}

function mapCells<T extends Record<string, Cell>>(row: T): T {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cleaned(cell)])) as T;
}

/** SQLite would cut a text at its first NUL: the escape of JSON stands for it. */
function cleaned<T extends Cell>(cell: T): T {
  return (typeof cell === "string" && cell.includes("\0") ? cell.replaceAll("\0", "\\u0000") : cell) as T;
}
