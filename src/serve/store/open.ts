import { fail } from "../../base/errors/index.ts";
import { dataFolder } from "./folder.ts";
import { Link } from "./link.ts";
import { type Answerer, type Cell, LOGGED, pushCells } from "./messages.ts";
import type { PredictionRow, Store } from "./store.ts";

export interface StoreOptions {
  /** @default $MODELYARD_DATA or the XDG data folder */
  folder?: string;
  /** Predictions that are kept; the oldest go first. @default 1,000,000, about 500 MB of small answers */
  maxRows?: number;
  /** Predictions that wait to be written; more are dropped and counted. @default 20,000 */
  maxWaiting?: number;
  /** Called when rows could not be written, at most once a minute; they are counted as dropped. */
  onProblem?(error: unknown): void;
}

/** Rows of one transaction: large enough that the transaction's own cost does not show, small enough for memory. */
const BATCH = 1_000;
/** Rows are gathered for so long: nobody waits for them, and one write of many is cheaper than many writes. */
const GATHER_MS = 50;
const PROBLEM_EVERY_MS = 60_000;
export const MAX_LIMIT = 100_000;

/**
 * SQLite in a worker thread.
 * @throws STORE_UNOPENABLE, STORE_NEWER, STORE_DAMAGED
 */
export async function openStore(options: StoreOptions = {}): Promise<Store> {
  const { folder, maxRows = 1_000_000, maxWaiting = 20_000 } = options;
  const link = await Link.open({ folder: dataFolder(folder), maxRows });
  const log = new Log(link, maxWaiting, options.onProblem ?? (() => undefined));
  return {
    logPrediction: (row) => log.add(row),
    counts: () => log.counts(),
    recordModel: (row) => link.ask({ kind: "record", row }),
    async predictions(query = {}) {
      checkWhole("limit", query.limit, MAX_LIMIT);
      checkWhole("status", query.status, 999);
      return link.ask({ kind: "predictions", query });
    },
    models: () => link.ask({ kind: "models" }),
    keys: () => link.ask({ kind: "keys" }),
    addKey: (row) => link.ask({ kind: "add key", row }),
    revokeKey: (id, time) => link.ask({ kind: "revoke key", id, time }),
    noteUses: (uses) => link.ask({ kind: "note uses", uses }),
    flush: () => log.flush(),
    async close() {
      await log.flush();
      await link.close();
    },
  };
}

function checkWhole(field: string, value: number | undefined, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return;
  throw fail("STORE_QUERY", { field, value: String(value), most: MAX_LIMIT });
}

/** The predictions that wait: bounded, written in batches, one batch at a time. */
class Log {
  readonly #link: Link;
  readonly #maxWaiting: number;
  readonly #onProblem: (error: unknown) => void;
  /** Cells of the rows that wait. */
  #cells: Cell[] = [];
  /** Who answered in them: a handful. */
  #answerers: Answerer[] = [];
  #underWay = 0;
  #written = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  #lastProblem = Number.NEGATIVE_INFINITY;

  constructor(link: Link, maxWaiting: number, onProblem: (error: unknown) => void) {
    this.#link = link;
    this.#maxWaiting = maxWaiting;
    this.#onProblem = onProblem;
  }

  get #waiting(): number {
    return this.#cells.length / LOGGED.length;
  }

  add(row: PredictionRow): void {
    if (this.#waiting + this.#underWay >= this.#maxWaiting) {
      this.#dropped++;
      return;
    }
    pushCells(this.#cells, row, this.#indexOf(row));
    if (this.#timer === null && this.#writing === null) {
      this.#timer = setTimeout(() => void this.#write(), GATHER_MS);
    }
  }

  #indexOf({ model, version, digest, task }: PredictionRow): number {
    const index = this.#answerers.findIndex(
      (known) =>
        known.model === model && known.version === version && known.digest === digest && known.task === task,
    );
    return index >= 0 ? index : this.#answerers.push({ model, version, digest, task }) - 1;
  }

  counts(): { written: number; waiting: number; dropped: number } {
    const waiting = this.#waiting + this.#underWay;
    return { written: this.#written, waiting, dropped: this.#dropped };
  }

  async flush(): Promise<void> {
    while (this.#waiting > 0 || this.#writing !== null) await this.#write();
  }

  #write(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  /** Never rejects: rows that cannot be written are counted, and the reason is told. */
  async #writeAll(): Promise<void> {
    while (this.#cells.length > 0) {
      const cells = this.#cells.splice(0, BATCH * LOGGED.length);
      const rows = cells.length / LOGGED.length;
      const answerers = this.#answerers;
      if (this.#cells.length === 0) this.#answerers = [];
      this.#underWay = rows;
      try {
        await this.#link.ask({ kind: "log", answerers, cells });
        this.#written += rows;
      } catch (error) {
        this.#dropped += rows;
        this.#tell(error);
      }
      this.#underWay = 0;
    }
  }

  #tell(error: unknown): void {
    const now = performance.now();
    if (now - this.#lastProblem < PROBLEM_EVERY_MS) return;
    this.#lastProblem = now;
    this.#onProblem(error);
  }
}
