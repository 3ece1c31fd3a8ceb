/** Steps that are looked for at most: two sequences further apart than this have little in common. */
const MAX_APART = 1_000;

/**
 * Positions of a longest common subsequence of two sequences of numbers (Myers, "An O(ND) Difference Algorithm and Its
 * Variations", 1986); what is common at their beginning alone, where they are too far apart.
 */
export function commonSubsequence(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): (readonly [inA: number, inB: number])[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  const common: (readonly [number, number])[] = [];
  for (let i = 0; i < start; i++) common.push([i, i]);
  const [n, m] = [a.length - start, b.length - start];
  if (n === 0 || m === 0) return common;
  const limit = Math.min(n + m, MAX_APART);
  // furthest[k + limit + 1]: how far in a the furthest path on diagonal k has come; a copy of it for each step taken.
  const furthest = new Int32Array(2 * limit + 3);
  const steps: Int32Array[] = [];
  for (let apart = 0; apart <= limit; apart++) {
    steps.push(furthest.slice(limit - apart, limit + apart + 3));
    for (let k = -apart; k <= apart; k += 2) {
      let x = goesDown(furthest, k, apart, limit + 1)
        ? (furthest[k + limit + 2] as number)
        : (furthest[k + limit] as number) + 1;
      while (x < n && x - k < m && a[start + x] === b[start + x - k]) x++;
      furthest[k + limit + 1] = x;
      if (x >= n && x - k >= m) return [...common, ...walkBack(steps, n, m, start)];
    }
  }
  return common;
}

/** Whether the best path to diagonal k comes from the one above it. */
function goesDown(furthest: Int32Array, k: number, apart: number, middle: number): boolean {
  return (
    k === -apart ||
    (k !== apart && (furthest[k - 1 + middle] as number) < (furthest[k + 1 + middle] as number))
  );
}

function walkBack(
  steps: readonly Int32Array[],
  n: number,
  m: number,
  start: number,
): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  let [x, y] = [n, m];
  for (let apart = steps.length - 1; apart >= 0; apart--) {
    // The copy made before this step spans the diagonals −apart − 1 to apart + 1.
    const before = steps[apart] as Int32Array;
    const k = x - y;
    const from = goesDown(before, k, apart, apart + 1) ? k + 1 : k - 1;
    const fromX = apart === 0 ? 0 : (before[from + apart + 1] as number);
    const fromY = apart === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) {
      x--;
      y--;
      pairs.push([start + x, start + y]);
    }
    [x, y] = [fromX, fromY];
  }
  return pairs.reverse();
}
