/** Random choices that are the same for a seed on every machine (mulberry32). */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, 1 not included. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  one<T>(options: readonly T[]): T {
    return options[this.int(0, options.length - 1)] as T;
  }

  /** So many of them, in their order. */
  some<T>(options: readonly T[], count: number): T[] {
    const places = this.shuffled(options.map((_, i) => i)).slice(0, count);
    return places.sort((a, b) => a - b).map((i) => options[i] as T);
  }

  shuffled<T>(options: readonly T[]): T[] {
    const list = [...options];
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [list[i], list[j]] = [list[j] as T, list[i] as T];
    }
    return list;
  }
}
