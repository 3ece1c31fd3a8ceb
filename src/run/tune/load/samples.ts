/** Latencies that are kept; beyond, each has an equal chance to be among those (reservoir sampling, Vitter's algorithm R). */
const MAX_KEPT = 1_000_000;

/** Milliseconds that requests took, gathered while they run. */
export class Samples {
  #kept = new Float64Array(1024);
  #count = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  add(milliseconds: number): void {
    const place = this.#count < MAX_KEPT ? this.#count : Math.floor(Math.random() * (this.#count + 1));
    this.#count++;
    this.#sum += milliseconds;
    if (place >= MAX_KEPT) return;
    if (place >= this.#kept.length) {
      const longer = new Float64Array(Math.min(this.#kept.length * 2, MAX_KEPT));
      longer.set(this.#kept);
      this.#kept = longer;
    }
    this.#kept[place] = milliseconds;
  }

  latency(): Latency {
    const sorted = this.#kept.slice(0, Math.min(this.#count, MAX_KEPT)).sort();
    return {
      mean: this.#count === 0 ? Number.NaN : this.#sum / this.#count,
      p50: percentile(sorted, 50),
      p90: percentile(sorted, 90),
      p99: percentile(sorted, 99),
      max: percentile(sorted, 100),
    };
  }

  /** Those of several windows together. */
  static join(all: readonly Samples[]): Samples {
    const joined = new Samples();
    for (const each of all) {
      for (let i = 0; i < Math.min(each.#count, MAX_KEPT); i++) joined.add(each.#kept[i] as number);
    }
    return joined;
  }
}

/** Milliseconds. */
export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The smallest of the values that at least `rank` per cent of them do not exceed (nearest rank); NaN where there are none. */
export function percentile(sorted: ArrayLike<number>, rank: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)] as number;
}
