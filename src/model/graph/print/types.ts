import type { Dim } from "../../tensor/tensor.ts";
import type { ValueType } from "../graph.ts";
import { quote } from "./names.ts";

/** Dimensions that are written; no runtime has more than a dozen. */
const MOST_DIMS = 16;
const LONGEST_SYMBOL = 80;
/** Names and what is worked out of them: "batch", "2*seq + 1", "floor((? + 1)/2)". */
const PLAIN_DIM = /^[\p{L}\p{N}_.:*+/()? -]+$/u;
/** What would be taken for a length, or for none. */
const TAKEN = /^(\d+|\?)$/;

/**
 * "float32[1,3,height,?]"; `[]` is a scalar, `[..]` of unknown rank, "?" an unknown type. Sequences, optionals and maps by
 * their names.
 */
export function typeText(type: ValueType | null): string {
  if (type === null) return "?";
  switch (type.kind) {
    case "tensor":
      return `${type.dtype}${shapeText(type.shape)}`;
    case "sparse":
      return `sparse ${type.dtype}${shapeText(type.shape)}`;
    case "map":
      return `map(${type.key}, ${typeText(type.value)})`;
    case "opaque":
      return `opaque(${quote(type.domain.slice(0, LONGEST_SYMBOL))}, ${quote(type.name.slice(0, LONGEST_SYMBOL))})`;
    default:
      return `${type.kind === "sequence" ? "seq" : "optional"}(${typeText(type.element)})`;
  }
}

export function shapeText(shape: readonly Dim[] | null): string {
  if (shape === null) return "[..]";
  const dims = shape.slice(0, MOST_DIMS).map(dimText);
  if (shape.length > MOST_DIMS) dims.push(`…${shape.length - MOST_DIMS} more`);
  return `[${dims.join(",")}]`;
}

function dimText(dim: Dim): string {
  if (dim === null) return "?";
  if (typeof dim === "number") return String(dim);
  const short = dim.length > LONGEST_SYMBOL ? `${dim.slice(0, LONGEST_SYMBOL)}…` : dim;
  return PLAIN_DIM.test(dim) && !TAKEN.test(dim) ? short.replaceAll(" ", "") : quote(short);
}
