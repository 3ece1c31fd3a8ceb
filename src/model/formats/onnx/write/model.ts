import type { Model, ModelFunction } from "../../../graph/graph.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeEntries, encodeText } from "./entries.ts";
import { encodeGraph, encodeNode } from "./graph.ts";
import type { Layout } from "./layout.ts";
import { encodeValueInfos } from "./value.ts";

/** ModelProto, its fields in the order of their numbers as protobuf's own writers have them. */
export function encodeModel(encoder: Encoder<LazyTensor>, model: Model, layout: Layout): void {
  encoder.int(1, BigInt(model.irVersion));
  encodeText(encoder, 2, model.producer.name);
  encodeText(encoder, 3, model.producer.version);
  encodeText(encoder, 4, model.domain);
  if (model.version !== 0n) encoder.int(5, model.version);
  encodeText(encoder, 6, model.doc);
  encoder.open(7);
  encodeGraph(encoder, model.graph, layout);
  encoder.close();
  encodeOpsets(encoder, 8, model.opsets);
  encodeEntries(encoder, 14, model.metadata);
  for (const each of model.functions) {
    encoder.open(25);
    encodeFunction(encoder, each, layout);
    encoder.close();
  }
}

function encodeOpsets(
  encoder: Encoder<LazyTensor>,
  field: number,
  opsets: ReadonlyMap<string, number>,
): void {
  for (const [domain, version] of opsets) {
    encoder.open(field);
    encoder.string(1, domain);
    encoder.int(2, BigInt(version));
    encoder.close();
  }
}

/** FunctionProto. */
function encodeFunction(encoder: Encoder<LazyTensor>, made: ModelFunction, layout: Layout): void {
  const { graph } = made;
  encodeText(encoder, 1, made.name);
  for (const { name } of graph.inputs) encoder.string(4, name);
  for (const { name } of graph.outputs) encoder.string(5, name);
  for (const name of made.attributes) encoder.string(6, name);
  for (const node of graph.nodes) {
    encoder.open(7);
    encodeNode(encoder, node, layout);
    encoder.close();
  }
  encodeText(encoder, 8, made.doc);
  encodeOpsets(encoder, 9, made.opsets);
  encodeText(encoder, 10, made.domain);
  encodeValueInfos(encoder, 12, graph);
  encodeText(encoder, 13, made.overload);
}
