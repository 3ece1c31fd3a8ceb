import type { Extent } from "../../graph/infer/index.ts";

/** As Transpose has it: axis i of the result is axis `perm[i]` of what is transposed. */
export type Permutation = readonly number[];

/** One transposition that does what two do after each other. */
export function composed(first: Permutation, second: Permutation): number[] {
  return second.map((axis) => first[axis] as number);
}

export function inverse(perm: Permutation): number[] {
  const back = new Array<number>(perm.length);
  for (const [to, from] of perm.entries()) back[from] = to;
  return back;
}

export function isIdentity(perm: Permutation): boolean {
  return perm.every((from, to) => from === to);
}

export function isSamePermutation(a: Permutation, b: Permutation): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

/** Whether each axis stands in it once. */
export function isPermutation(perm: readonly number[]): boolean {
  return new Set(perm).size === perm.length && perm.every((axis) => axis >= 0 && axis < perm.length);
}

/** Whether elements keep their order, since only axes of length 1 move. */
export function keepsOrder(shape: readonly Extent[] | null, perm: Permutation): boolean {
  if (!shape || shape.length !== perm.length) return false;
  let last = -1;
  for (const axis of perm) {
    if (shape[axis] === 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

/** What an entry for each axis of a result says, as entries for the axes of what is transposed. */
export function permuteBack<T>(entries: readonly T[], perm: Permutation): T[] {
  const back = new Array<T>(perm.length);
  for (const [to, from] of perm.entries()) back[from] = entries[to] as T;
  return back;
}
