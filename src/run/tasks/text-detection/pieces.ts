/** Pixels that belong together, as much of them as their outline needs. */
export interface Piece {
  /** Left end and right end of each row, in turn, from the first row on. */
  readonly ends: readonly number[];
  readonly top: number;
}

/**
 * The pieces of a map above a threshold: pixels that touch, corners included, as OpenCV's findContours follows them. Holes are
 * not pieces of their own.
 * @param map row by row
 * @param most of them, those that begin highest
 */
export function piecesOf(
  map: ArrayLike<number>,
  width: number,
  height: number,
  threshold: number,
  most: number,
): Piece[] {
  const parents: number[] = [];
  const find = (run: number): number => {
    let root = run;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = run; at !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  // Runs of pixels beside each other; those of two rows that touch are of one piece.
  const runs: { row: number; from: number; to: number }[] = [];
  let above = 0;
  for (let row = 0; row < height; row++) {
    const begin = runs.length;
    let last = above;
    for (let x = 0; x < width; x++) {
      if (!((map[row * width + x] as number) > threshold)) continue;
      const from = x;
      while (x + 1 < width && (map[row * width + x + 1] as number) > threshold) x++;
      const run = runs.length;
      runs.push({ row, from, to: x });
      parents.push(run);
      while (last < begin && (runs[last] as { to: number }).to < from - 1) last++;
      for (let at = last; at < begin && (runs[at] as { from: number }).from <= x + 1; at++) {
        const [a, b] = [find(at), find(run)];
        parents[Math.max(a, b)] = Math.min(a, b);
      }
    }
    above = begin;
  }
  const pieces = new Map<number, { ends: number[]; top: number }>();
  for (const [i, { row, from, to }] of runs.entries()) {
    const root = find(i);
    let piece = pieces.get(root);
    if (!piece) {
      if (pieces.size === most) continue;
      piece = { ends: [], top: row };
      pieces.set(root, piece);
    }
    const at = 2 * (row - piece.top);
    piece.ends[at] = Math.min(piece.ends[at] ?? from, from);
    piece.ends[at + 1] = Math.max(piece.ends[at + 1] ?? to, to);
  }
  return [...pieces.values()];
}
