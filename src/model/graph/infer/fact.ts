import type { DType } from "../../tensor/dtype.ts";
import type { ValueType } from "../graph.ts";
import { type Extent, formatExtent, isSame, keyOf } from "./extent/index.ts";

/** A type as inference works with it: lengths are expressions, and an element type may be all that is missing. */
export type Type =
  | {
      readonly kind: "tensor" | "sparse";
      readonly dtype: DType | null;
      readonly shape: readonly Extent[] | null;
    }
  | { readonly kind: "sequence" | "optional"; readonly element: Type | null }
  | { readonly kind: "map"; readonly key: DType; readonly value: Type | null }
  | { readonly kind: "opaque"; readonly domain: string; readonly name: string };

/** The contents of a small tensor of rank 0 or 1, row-major; null for an element that is unknown. */
export type Elements = readonly (Extent | null)[];

/** What is known of a value. */
export interface Fact {
  readonly type: Type | null;
  readonly elements: Elements | null;
}

export const NOTHING: Fact = { type: null, elements: null };

/** Beyond any tensor (numpy stops here too); a hostile file declares a million axes and passes them on. */
export const MAX_RANK = 64;
/** Types within types; the reader of ONNX files stops long before. */
const MAX_DEPTH = 32;

/**
 * The type as the graph writes it; null where not even an element type is known.
 * @param derived whether lengths that are expressions are written, as text, or left out
 */
export function valueTypeOf(type: Type | null, derived: boolean): ValueType | null {
  if (!type) return null;
  switch (type.kind) {
    case "tensor":
    case "sparse": {
      const { kind, dtype } = type;
      if (!dtype) return null;
      return { kind, dtype, shape: type.shape?.map((dim) => formatExtent(dim, derived)) ?? null };
    }
    case "sequence":
    case "optional":
      return { kind: type.kind, element: valueTypeOf(type.element, derived) };
    case "map":
      return { kind: "map", key: type.key, value: valueTypeOf(type.value, derived) };
    case "opaque":
      return type;
  }
}

/** The same without shapes, but in what sequences and maps hold. Those of tensors are made once for each element type. */
export function bareTypeOf(type: Type | null): ValueType | null {
  if (!type) return null;
  if (!("shape" in type)) return valueTypeOf(type, false);
  const { kind, dtype } = type;
  if (!dtype) return null;
  const known = BARE[kind].get(dtype);
  if (known) return known;
  const bare: ValueType = { kind, dtype, shape: null };
  BARE[kind].set(dtype, bare);
  return bare;
}

const BARE = { tensor: new Map<DType, ValueType>(), sparse: new Map<DType, ValueType>() };

/** A declared type, each of its lengths as `dim` gives it. */
export function typeFrom(
  declared: ValueType | null,
  dim: (declared: number | string | null) => Extent,
  depth = 0,
): Type | null {
  if (!declared || depth > MAX_DEPTH) return null;
  switch (declared.kind) {
    case "tensor":
    case "sparse":
      return { kind: declared.kind, dtype: declared.dtype, shape: dimsFrom(declared.shape, dim) };
    case "sequence":
    case "optional":
      return { kind: declared.kind, element: typeFrom(declared.element, dim, depth + 1) };
    case "map":
      return { kind: "map", key: declared.key, value: typeFrom(declared.value, dim, depth + 1) };
    case "opaque":
      return declared;
  }
}

export function dimsFrom(
  shape: readonly (number | string | null)[] | null,
  dim: (declared: number | string | null) => Extent,
): readonly Extent[] | null {
  return shape && shape.length <= MAX_RANK ? shape.map(dim) : null;
}

/**
 * What holds of a value that is one of the two: the branches of If, the calls of one function.
 * @param fresh a length of which nothing is known
 */
export function commonFact(a: Fact, b: Fact, fresh: () => Extent): Fact {
  if (a === b) return a;
  const type = commonType(a.type, b.type, fresh);
  const [x, y] = [a.elements, b.elements];
  const elements =
    x && y && x.length === y.length ? x.map((each, i) => (isSame(each, y[i]) ? each : null)) : null;
  return { type, elements };
}

export function commonType(a: Type | null, b: Type | null, fresh: () => Extent): Type | null {
  if (a === b) return a;
  if (!a || !b || a.kind !== b.kind) return null;
  if ("shape" in a && "shape" in b) {
    const { shape } = b;
    return {
      kind: a.kind,
      dtype: a.dtype === b.dtype ? a.dtype : null,
      shape:
        a.shape && shape && a.shape.length === shape.length
          ? a.shape.map((dim, axis) => (isSame(dim, shape[axis]) ? dim : fresh()))
          : null,
    };
  }
  if ("element" in a && "element" in b) {
    return { kind: a.kind, element: commonType(a.element, b.element, fresh) };
  }
  if (a.kind === "map" && b.kind === "map") {
    return a.key === b.key ? { ...a, value: commonType(a.value, b.value, fresh) } : null;
  }
  return a.kind === "opaque" && b.kind === "opaque" && a.domain === b.domain && a.name === b.name ? a : null;
}

/** Equal facts have equal texts. */
export function factKey({ type, elements }: Fact): string {
  const contents = elements
    ? `=[${elements.map((each) => (each === null ? "?" : keyOf(each))).join(" ")}]`
    : "";
  return typeKey(type) + contents;
}

function typeKey(type: Type | null): string {
  if (!type) return "?";
  if ("shape" in type) return `${type.kind} ${type.dtype}[${type.shape?.map(keyOf).join(",") ?? "..."}]`;
  if ("element" in type) return `${type.kind}(${typeKey(type.element)})`;
  return type.kind === "map"
    ? `map(${type.key},${typeKey(type.value)})`
    : `opaque(${JSON.stringify([type.domain, type.name])})`;
}
