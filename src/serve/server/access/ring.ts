import { fail } from "../../../base/errors/index.ts";
import type { KeyRow, KeyStore } from "../../store/store.ts";
import type { ServerLog } from "../log.ts";
import { idOf, isSealed, SCOPES, type Seal, sealed } from "./key.ts";

/** A key that was revoked is refused, and one that is new is known, after so many milliseconds at most. */
const REFRESH_MS = 1_000;
/** When a key was last used is written so often: a person looks at days. */
const NOTE_EVERY_MS = 30_000;
/** A database that is gone is told of so often. */
const PROBLEM_EVERY_MS = 60_000;
/** Characters of MODELYARD_API_KEY; fewer are found by guessing, however slowly. */
const LEAST_OWN = 16;

/** What a key that is right stands for. */
export interface Holder {
  readonly scopes: readonly string[];
  readonly revoked: boolean;
  /** Whether it was made by `keys create`, and so cannot be guessed. */
  readonly made: boolean;
}

type Keys = Pick<KeyStore, "keys" | "noteUses">;

/** The keys of a server: those of its database, held in memory, and one of its environment. */
export class KeyRing {
  readonly #store: Keys | null;
  readonly #own: Seal | null;
  readonly #log: ServerLog;
  readonly #uses = new Map<string, number>();
  #rows = new Map<string, KeyRow>();
  #refreshing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastNoted = performance.now();
  #lastProblem = Number.NEGATIVE_INFINITY;

  private constructor(store: Keys | null, own: Seal | null, log: ServerLog) {
    this.#store = store;
    this.#own = own;
    this.#log = log;
  }

  /**
   * @param own a key that holds every scope, kept in no database
   * @throws KEY_WEAK, and what the store throws: a server that cannot know its keys does not start
   */
  static async open(store: Keys | null, own: string | undefined, log: ServerLog): Promise<KeyRing> {
    if (own !== undefined) checkOwn(own);
    const ring = new KeyRing(store, own === undefined ? null : sealed(own), log);
    if (store) {
      await ring.#read(store);
      ring.#timer = setInterval(() => void ring.refresh(), REFRESH_MS).unref();
    }
    return ring;
  }

  /** Whether a key is asked for: also where all were revoked, which must not open the door to everybody. */
  get asked(): boolean {
    return this.#own !== null || this.#rows.size > 0;
  }

  /** Whose key this is, as far as is known; null for nobody's. */
  find(key: string): Holder | null {
    const row = this.#rows.get(idOf(key) ?? "");
    if (row && isSealed(row, key)) {
      if (row.revoked === null) this.#uses.set(row.id, Date.now());
      return { scopes: row.scopes, revoked: row.revoked !== null, made: true };
    }
    return this.#own && isSealed(this.#own, key) ? { scopes: SCOPES, revoked: false, made: false } : null;
  }

  /** Whether the database may have come to know a key since it was last read. */
  mayBeNew(key: string): boolean {
    const id = idOf(key);
    return this.#store !== null && id !== undefined && !this.#rows.has(id);
  }

  /** Reads the database again, once for all who ask meanwhile. Where that fails, what was known stays. */
  refresh(): Promise<void> {
    const store = this.#store;
    if (!store) return Promise.resolve();
    this.#refreshing ??= this.#read(store)
      .then(() => this.#note(store, NOTE_EVERY_MS))
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#refreshing;
    if (this.#store) await this.#note(this.#store, 0).catch((error: unknown) => this.#tell(error));
  }

  async #read(store: Keys): Promise<void> {
    this.#rows = new Map((await store.keys()).map((row) => [row.id, row]));
  }

  async #note(store: Keys, every: number): Promise<void> {
    const now = performance.now();
    if (this.#uses.size === 0 || now - this.#lastNoted < every) return;
    this.#lastNoted = now;
    const uses = [...this.#uses].map(([id, time]) => ({ id, time }));
    this.#uses.clear();
    await store.noteUses(uses);
  }

  #tell(err: unknown): void {
    const now = performance.now();
    if (now - this.#lastProblem < PROBLEM_EVERY_MS) return;
    this.#lastProblem = now;
    this.#log.error({ err }, "the keys cannot be read anew: those that were known stay");
  }
}

function checkOwn(key: string): void {
  const problem =
    key.length < LEAST_OWN
      ? `it has ${key.length} characters`
      : /^[\x21-\x7e]+$/.test(key)
        ? null
        : "it has spaces, or characters that no header carries";
  if (problem !== null) throw fail("KEY_WEAK", { problem, least: LEAST_OWN });
}
