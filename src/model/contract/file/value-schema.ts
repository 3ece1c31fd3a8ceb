import { isMap, type Node as YamlNode } from "yaml";
import {
  type Check,
  either,
  fields,
  flag,
  listOf,
  numberBetween,
  oneOf,
  type Place,
  recordOf,
  text,
  wrong,
} from "./checks.ts";
import { scalarOf } from "./scalars.ts";

/** Lists in lists in objects: what is deeper is no description that a person reads. */
const MAX_DEPTH = 32;

/**
 * What a value is, in JSON Schema's words (a part of them: type, items, properties, required, enum, anyOf and bounds), and two more
 * types: `image` and `audio`.
 */
export const valueSchema: Check<Readonly<Record<string, unknown>>> = (node, place) => read(node, place, 0);

function read(node: YamlNode | null, place: Place, depth: number): Readonly<Record<string, unknown>> {
  if (depth > MAX_DEPTH) throw wrong(node, place, `it is nested deeper than ${MAX_DEPTH}`);
  const inner: Check<Readonly<Record<string, unknown>>> = (each, at) => read(each, at, depth + 1);
  const number = numberBetween(-Number.MAX_VALUE, Number.MAX_VALUE);
  return fields<Record<string, unknown>>({
    type: oneOf("string", "number", "integer", "boolean", "null", "object", "array", "image", "audio"),
    description: text,
    items: inner,
    properties: recordOf(inner),
    required: listOf(text, 0, 1_000),
    additionalProperties: either((each) => isMap(each), inner, flag),
    enum: listOf(scalarOf, 1, 10_000),
    anyOf: listOf(inner, 1, 100),
    minimum: number,
    maximum: number,
  })(node, place);
}
