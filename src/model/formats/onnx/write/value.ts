import { isLive } from "../../../graph/edit.ts";
import type { Graph, Redeclaration, Value } from "../../../graph/graph.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeEntries, encodeText, encodeUnknown } from "./entries.ts";
import { encodeType } from "./type.ts";

/** ValueInfoProto: what the value says of itself, or what the file says of it in this place. */
export function encodeValueInfo(
  encoder: Encoder<LazyTensor>,
  field: number,
  value: Value,
  place: Redeclaration["place"],
  said: Redeclaration | null = value.redeclared?.find((each) => each.place === place) ?? null,
): void {
  const { name, type, doc, metadata, unknown } = { ...value, ...said };
  encoder.open(field);
  encodeUnknown(encoder, unknown);
  encoder.string(1, name);
  if (type) {
    encoder.open(2);
    encodeType(encoder, type);
    encoder.close();
  }
  encodeText(encoder, 3, doc);
  encodeEntries(encoder, 4, metadata);
  encoder.close();
}

/** What is known of the values in between. Inputs, outputs and constants say it themselves, but for what the file says again. */
export function encodeValueInfos(encoder: Encoder<LazyTensor>, field: number, graph: Graph): void {
  const elsewhere = new Set<Value>([...graph.inputs, ...graph.outputs]);
  for (const value of graph.values.values()) {
    const { type, doc, metadata, unknown, redeclared } = value;
    const isBetween = !elsewhere.has(value) && !value.constant && !value.sparse;
    if (isBetween && (type || doc || metadata || unknown))
      encodeValueInfo(encoder, field, value, "info", null);
    for (const each of redeclared ?? [])
      if (each.place === "info") encodeValueInfo(encoder, field, value, "info", each);
  }
  for (const { value, said } of graph.described ?? [])
    if (isLive(value)) encodeValueInfo(encoder, field, value, "info", said);
}
