/** Which node of one side is which of the other, by index; NONE where it is none. */
export interface Matching {
  readonly left: Int32Array;
  readonly right: Int32Array;
}

export const NONE = -1;

export function pair({ left, right }: Matching, l: number, r: number): void {
  left[l] = r;
  right[r] = l;
}
