import { fail } from "../../../base/errors/index.ts";

/** What a loaded model takes, in bytes of memory. */
export interface Cost {
  /** Its alone. */
  readonly own: number;
  /** Of the file of weights that is mapped into memory: once, however many have it. */
  readonly mapped: number;
  /** More than that while it is being loaded. */
  readonly loading: number;
}

/** A model that comes into memory and leaves it. */
export interface Resident {
  readonly name: string;
  /** Never leaves. */
  readonly pinned: boolean;
  /** Whether it is answering. */
  readonly busy: boolean;
  /** Takes no more requests, answers what it has, gives its memory back and then calls `exit`. */
  leave(): void;
}

interface Place {
  readonly cost: Cost;
  /** The mapped file, by path. */
  readonly file: string | null;
  state: "loading" | "loaded" | "leaving";
}

interface Waiting {
  readonly resident: Resident;
  readonly cost: Cost;
  readonly file: string | null;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Who is in memory. Those that come are let in one after the other, as soon as there is room; for it the least recently used
 * leave: first those that do nothing, then those that answer, once they have. So nobody waits for ever, and nobody is interrupted.
 */
export class Budget {
  /** Bytes. */
  readonly limit: number;
  /** In the order of their last use. */
  readonly #places = new Map<Resident, Place>();
  readonly #waiting: Waiting[] = [];
  #used = 0;
  #evictions = 0;
  #loads = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  stats(): {
    readonly limit: number;
    readonly used: number;
    readonly evictions: number;
    readonly loads: number;
  } {
    return { limit: this.limit, used: this.#used, evictions: this.#evictions, loads: this.#loads };
  }

  /** @throws MODEL_OVER_BUDGET where it would not fit beside the pinned ones, were it alone otherwise */
  check({ name, pinned }: Pick<Resident, "name" | "pinned">, { own, mapped, loading }: Cost): void {
    let held = 0;
    for (const [resident, { cost }] of this.#places)
      if (resident.pinned && resident.name !== name) held += cost.own + cost.mapped;
    const needed = own + mapped + loading;
    if (needed + held <= this.limit) return;
    const beside = held > 0 ? ` beside ${megabytes(held)} of pinned models` : "";
    const kind = pinned ? "pinned model" : "model";
    const details = { name, kind, needed: megabytes(needed), limit: megabytes(this.limit), beside };
    throw fail("MODEL_OVER_BUDGET", details);
  }

  /**
   * Resolves when there is room, which the resident then has until `exit`.
   * @param file that is mapped, by path
   * @throws MODEL_OVER_BUDGET
   */
  enter(resident: Resident, cost: Cost, file: string | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resident, cost, file, resolve, reject });
      this.#admit();
    });
  }

  /** It is loaded. */
  settle(resident: Resident): void {
    const place = this.#places.get(resident);
    if (place?.state !== "loading") return;
    place.state = "loaded";
    this.#used -= place.cost.loading;
    this.#loads++;
    this.#admit();
  }

  /** It is being used. */
  touch(resident: Resident): void {
    const place = this.#places.get(resident);
    if (place === undefined) return;
    this.#places.delete(resident);
    this.#places.set(resident, place);
  }

  /** Its memory has been given back. */
  exit(resident: Resident): void {
    const place = this.#places.get(resident);
    if (place === undefined) return;
    this.#places.delete(resident);
    this.#used -= place.cost.own + (place.state === "loading" ? place.cost.loading : 0);
    if (!this.#hasFile(place.file)) this.#used -= place.cost.mapped;
    this.#admit();
  }

  /** To be told when one has answered all it had. */
  idle(): void {
    if (this.#waiting.length > 0) this.#admit();
  }

  #hasFile(file: string | null): boolean {
    if (file === null) return false;
    for (const place of this.#places.values()) if (place.file === file) return true;
    return false;
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const { resident, cost, file } = first;
      try {
        this.check(resident, cost);
      } catch (error) {
        this.#waiting.shift();
        first.reject(error as Error);
        continue;
      }
      const needed = cost.own + cost.loading + (this.#hasFile(file) ? 0 : cost.mapped);
      if (this.#used + needed > this.limit) {
        this.#makeRoom(this.#used + needed - this.limit);
        return;
      }
      this.#waiting.shift();
      this.#places.set(resident, { cost, file, state: "loading" });
      this.#used += needed;
      first.resolve();
    }
  }

  /** @param bytes that are missing; what is leaving already counts */
  #makeRoom(bytes: number): void {
    const users = new Map<string | null, number>();
    let missing = bytes;
    for (const { state, file, cost } of this.#places.values()) {
      if (state === "leaving") missing -= cost.own;
      else users.set(file, (users.get(file) ?? 0) + 1);
    }
    for (const [file, mapped] of this.#mappedOfLeaving()) if (!users.has(file)) missing -= mapped;
    for (const busy of [false, true]) {
      for (const [resident, place] of this.#places) {
        if (missing <= 0) return;
        if (place.state !== "loaded" || resident.pinned || resident.busy !== busy) continue;
        const { file, cost } = place;
        const others = (users.get(file) ?? 1) - 1;
        users.set(file, others);
        missing -= cost.own + (others === 0 || file === null ? cost.mapped : 0);
        place.state = "leaving";
        this.#evictions++;
        resident.leave();
      }
    }
  }

  #mappedOfLeaving(): Map<string | null, number> {
    const files = new Map<string | null, number>();
    for (const { state, file, cost } of this.#places.values()) {
      if (state !== "leaving") continue;
      files.set(file, file === null ? (files.get(file) ?? 0) + cost.mapped : cost.mapped);
    }
    return files;
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
