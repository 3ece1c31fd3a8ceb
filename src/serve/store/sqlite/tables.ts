import type { StatementSyncInstance } from "@photostructure/sqlite";
import { ANSWERER, type Answerer, type Cell, LOGGED } from "../messages.ts";
import type { ModelRow, PredictionQuery, PredictionRow } from "../store.ts";
import type { OpenedDatabase } from "./open.ts";

/** Rows beyond the bound are removed in pieces, so that no write waits long for the removal. */
const PRUNE_EVERY = 10_000;
/** Rows of one statement: calling into SQLite for each row would cost as much again as writing it. */
const ROWS_AT_ONCE = 50;

/** The tables as the store asks for them. Everything here runs in the store's worker. */
export class Tables {
  readonly #database: OpenedDatabase;
  readonly #maxRows: number;
  readonly #insertOne: StatementSyncInstance;
  readonly #insertMany: StatementSyncInstance;
  /** Numbers of those who answered, by `key`. */
  readonly #answerers = new Map<string, number>();
  #sincePruned = PRUNE_EVERY;

  constructor(database: OpenedDatabase, maxRows: number) {
    this.#database = database;
    this.#maxRows = maxRows;
    // Prepared once: the log writes many thousand rows a second.
    const row = `(${LOGGED.map(() => "?").join(", ")})`;
    const insert = (rows: number) =>
      database.raw.prepare(
        `insert into predictions (${LOGGED.join(", ")}) values ${Array(rows).fill(row).join(", ")}`,
      );
    this.#insertOne = insert(1);
    this.#insertMany = insert(ROWS_AT_ONCE);
  }

  /** One transaction for all rows, their cells in the order of LOGGED. */
  log(answerers: readonly Answerer[], rows: readonly Cell[]): void {
    const { raw } = this.#database;
    raw.exec("begin immediate");
    try {
      const cells = this.#numbered(answerers, rows);
      const many = ROWS_AT_ONCE * LOGGED.length;
      let at = 0;
      for (; at + many <= cells.length; at += many) this.#insertMany.run(...cells.slice(at, at + many));
      for (; at < cells.length; at += LOGGED.length) {
        this.#insertOne.run(...cells.slice(at, at + LOGGED.length));
      }
      this.#sincePruned += cells.length / LOGGED.length;
      if (this.#sincePruned >= PRUNE_EVERY) {
        this.#prune();
        this.#sincePruned = 0;
      }
      raw.exec("commit");
    } catch (error) {
      if (raw.isTransaction) raw.exec("rollback");
      // Numbers given in this transaction are gone with it.
      this.#answerers.clear();
      throw error;
    }
  }

  /** The cells with the database's numbers of those who answered. */
  #numbered(answerers: readonly Answerer[], rows: readonly Cell[]): Cell[] {
    const numbers = answerers.map((answerer) => this.#numberOf(mapCells(answerer)));
    return rows.map((cell, index) =>
      index % LOGGED.length === ANSWERER ? (numbers[cell as number] as number) : cleaned(cell),
    );
  }

  #numberOf({ model, version, digest, task }: Answerer): number {
    const key = JSON.stringify([model, version, digest, task]);
    const known = this.#answerers.get(key);
    if (known !== undefined) return known;
    const { raw } = this.#database;
    const names = [model, version, digest, task];
    raw
      .prepare("insert or ignore into answerers (model, version, digest, task) values (?, ?, ?, ?)")
      .run(...names);
    const row = raw
      .prepare("select id from answerers where model = ? and version = ? and digest = ? and task = ?")
      .get(...names) as { id: number };
    this.#answerers.set(key, row.id);
    return row.id;
  }

  #prune(): void {
    this.#database.raw
      .prepare("delete from predictions where id <= (select max(id) from predictions) - ?")
      .run(this.#maxRows);
  }

  /** When a model was first seen stays; what is said of it now is the truth. */
  record({ firstSeen, ...row }: ModelRow): void {
    const { name, version, digest, source, contract } = mapCells(row);
    this.#database.raw
      .prepare(
        `insert into models (name, version, digest, source, contract, first_seen) values (?, ?, ?, ?, ?, ?)
        on conflict (name, version, digest) do update set source = excluded.source, contract = excluded.contract`,
      )
      .run(name, version, digest, source, contract, Math.round(firstSeen));
  }

  async predictions({ model, status, before, limit = 20 }: PredictionQuery): Promise<PredictionRow[]> {
    const db = await this.#database.queries();
    let query = db
      .selectFrom("predictions")
      .innerJoin("answerers", "answerers.id", "predictions.answerer")
      .select(["request", "time", "model", "version", "digest", "task"])
      .select(["duration_ms", "status", "input_digest", "answer"])
      .orderBy("time", "desc")
      .orderBy("predictions.id", "desc");
    if (model !== undefined) query = query.where("model", "=", model);
    if (status !== undefined) query = query.where("status", "=", status);
    if (before !== undefined) query = query.where("time", "<", before);
    const rows = await query.limit(limit).execute();
    return rows.map(({ request, duration_ms, input_digest, ...rest }) => ({
      id: request,
      ...rest,
      durationMs: duration_ms,
      inputDigest: input_digest,
    }));
  }

  async models(): Promise<ModelRow[]> {
    const db = await this.#database.queries();
    const rows = await db.selectFrom("models").selectAll().orderBy("first_seen").execute();
    return rows.map(({ first_seen, ...rest }) => ({ ...rest, firstSeen: first_seen }));
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function mapCells<T extends Record<string, Cell>>(row: T): T {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cleaned(cell)])) as T;
}

/** SQLite would cut a text at its first NUL: the escape of JSON stands for it. */
function cleaned<T extends Cell>(cell: T): T {
  return (typeof cell === "string" && cell.includes("\0") ? cell.replaceAll("\0", "\\u0000") : cell) as T;
}
