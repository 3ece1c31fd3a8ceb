import type { StatementSyncInstance } from "@photostructure/sqlite";
import type { ModelRow, PredictionQuery, PredictionRow } from "../store.ts";
import type { OpenedDatabase } from "./open.ts";

/** Rows beyond the bound are removed in pieces, so that no write waits long for the removal. */
const PRUNE_EVERY = 10_000;

/** The tables as the store asks for them. Everything here runs in the store's worker. */
export class Tables {
  readonly #database: OpenedDatabase;
  readonly #maxRows: number;
  readonly #insert: StatementSyncInstance;
  readonly #columns: readonly string[];
  #sincePruned = PRUNE_EVERY;

  constructor(database: OpenedDatabase, maxRows: number) {
    this.#database = database;
    this.#maxRows = maxRows;
    const example = toColumns({
      id: "",
      time: 0,
      model: "",
      version: "",
      digest: "",
      task: "",
      durationMs: 0,
      status: 0,
      inputDigest: "",
      answer: "",
    });
    // Compiled and prepared once: the log writes many thousand rows a second.
    this.#insert = database.raw.prepare(database.db.insertInto("predictions").values(example).compile().sql);
    this.#columns = Object.keys(example);
  }

  /** One transaction for all rows. */
  log(rows: readonly PredictionRow[]): void {
    const { raw } = this.#database;
    raw.exec("begin immediate");
    try {
      for (const row of rows) {
        const columns = toColumns(row);
        this.#insert.run(...this.#columns.map((name) => columns[name as keyof typeof columns]));
      }
      this.#sincePruned += rows.length;
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
      .values({ ...cleaned(rest), first_seen: Math.round(firstSeen) })
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

function toColumns(row: PredictionRow) {
  const { id, time, durationMs, inputDigest, ...rest } = row;
  const columns = {
    request: id,
    time: Math.round(time),
    ...rest,
    duration_ms: durationMs,
    input_digest: inputDigest,
  };
  return cleaned(columns);
}

/** SQLite would cut a text at its first NUL: the escape of JSON stands for it. */
function cleaned<T extends Record<string, string | number>>(columns: T): T {
  for (const [name, value] of Object.entries(columns)) {
    if (typeof value === "string" && value.includes("\0")) {
      Object.assign(columns, { [name]: value.replaceAll("\0", "\\u0000") });
    }
  }
  return columns;
}
