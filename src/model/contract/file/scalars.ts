import { isMap, isScalar, isSeq, type Node as YamlNode } from "yaml";
import { type Place, recordOf, wrong } from "./checks.ts";

export function isMapping(node: YamlNode | null): boolean {
  return isMap(node);
}

/** A number, a text, true, false or null, as it stands. */
export function scalarOf(node: YamlNode | null, place: Place): unknown {
  const value = isScalar(node) ? node.value : undefined;
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value;
  throw wrong(node, place, "it is a number, a text, true, false or null");
}

/** Deeper values are no options. */
const MAX_DEPTH = 16;

/** Any plain value. */
export function anyValue(node: YamlNode | null, place: Place, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw wrong(node, place, `it is nested deeper than ${MAX_DEPTH}`);
  if (isSeq(node)) return node.items.map((item) => anyValue(item as YamlNode, place, depth + 1));
  if (isMap(node)) return recordOf((each, at) => anyValue(each, at, depth + 1))(node, place);
  return scalarOf(node, place);
}
