/** A seeded source of numbers. */
export interface Random {
  /** From 0 to 1, 1 left out. */
  next(): number;
  /** A whole number from low to high, both included. */
  whole(low: number, high: number): number;
  /** Normally distributed: mean 0, deviation 1. */
  normal(): number;
  pick<T>(from: readonly T[]): T;
}

/** mulberry32: the same seed gives the same inputs on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    // Box and Muller; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (from) => from[Math.floor(next() * from.length)] as never,
  };
}
