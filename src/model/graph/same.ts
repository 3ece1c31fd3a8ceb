import type { ValueType } from "./graph.ts";

/** Whether two types say the same, denotations and what is not understood included. */
export function sameType(a: ValueType | null, b: ValueType | null): boolean {
  if (a === b) return true;
  if (!a || !b || a.kind !== b.kind) return false;
  if ((a.denotation ?? "") !== (b.denotation ?? "") || !sameBytes(a.unknown, b.unknown)) return false;
  if (a.kind === "tensor" || a.kind === "sparse") {
    const other = b as typeof a;
    return (
      a.dtype === other.dtype &&
      sameLists(a.shape, other.shape) &&
      sameLists(a.dimDenotations, other.dimDenotations) &&
      sameLists(a.dimsUnknown, other.dimsUnknown, sameBytes)
    );
  }
  if (a.kind === "map") {
    const other = b as typeof a;
    return a.key === other.key && sameType(a.value, other.value);
  }
  if (a.kind === "opaque") {
    const other = b as typeof a;
    return a.domain === other.domain && a.name === other.name;
  }
  return sameType(a.element, (b as typeof a).element);
}

/** Whether two lists have the same elements in the same order; none is not an empty one. */
function sameLists<T>(
  a: readonly T[] | null | undefined,
  b: readonly T[] | null | undefined,
  same: (a: T, b: T) => boolean = (left, right) => left === right,
): boolean {
  if (!a || !b) return !a && !b;
  return a.length === b.length && a.every((each, i) => same(each, b[i] as T));
}

export function sameBytes(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  if (!a || !b) return !a && !b;
  if (a.byteLength !== b.byteLength) return false;
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether two sets of entries are the same, whatever their order; none is an empty one. */
export function sameEntries(
  a: ReadonlyMap<string, string> | undefined,
  b: ReadonlyMap<string, string> | undefined,
): boolean {
  if ((a?.size ?? 0) !== (b?.size ?? 0)) return false;
  for (const [key, value] of a ?? []) if (b?.get(key) !== value) return false;
  return true;
}
