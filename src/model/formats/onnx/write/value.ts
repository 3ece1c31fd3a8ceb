import type { Graph, Value } from "../../../graph/graph.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeEntries, encodeText } from "./entries.ts";
import { encodeType } from "./type.ts";

/** ValueInfoProto. */
export function encodeValueInfo(encoder: Encoder<LazyTensor>, field: number, value: Value): void {
  encoder.open(field);
  encoder.string(1, value.name);
  if (value.type) {
    encoder.open(2);
    encodeType(encoder, value.type);
    encoder.close();
  }
  encodeText(encoder, 3, value.doc);
  encodeEntries(encoder, 4, value.metadata);
  encoder.close();
}

/** What is known of the values in between: not of inputs, outputs and constants, which say it themselves. */
export function encodeValueInfos(encoder: Encoder<LazyTensor>, field: number, graph: Graph): void {
  const said = new Set<Value>([...graph.inputs, ...graph.outputs]);
  for (const value of graph.values.values()) {
    if (said.has(value) || value.constant || value.sparse) continue;
    if (value.type || value.doc || value.metadata) encodeValueInfo(encoder, field, value);
  }
}
