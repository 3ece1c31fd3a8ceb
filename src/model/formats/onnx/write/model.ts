import type { Model, ModelFunction, TrainingInfo } from "../../../graph/graph.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeEntries, encodeText, encodeUnknown } from "./entries.ts";
import { encodeAttribute, encodeGraph, encodeNode } from "./graph.ts";
import type { Layout } from "./layout.ts";
import { encodeValueInfos } from "./value.ts";

/** ModelProto, its fields in the order of their numbers as protobuf's own writers have them. */
export function encodeModel(encoder: Encoder<LazyTensor>, model: Model, layout: Layout): void {
  // First of all, since many programs know a model by it.
  encoder.int(1, BigInt(model.irVersion));
  encodeUnknown(encoder, model.unknown);
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
  for (const each of model.training ?? []) {
    encoder.open(20);
    encodeTraining(encoder, each, layout);
    encoder.close();
  }
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
  encodeUnknown(encoder, made.unknown);
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
  for (const [name, attribute] of made.defaults ?? []) encodeAttribute(encoder, 11, name, attribute, layout);
  encodeValueInfos(encoder, 12, graph);
  encodeText(encoder, 13, made.overload);
  encodeEntries(encoder, 14, made.metadata);
}

/** TrainingInfoProto. */
function encodeTraining(encoder: Encoder<LazyTensor>, training: TrainingInfo, layout: Layout): void {
  encodeUnknown(encoder, training.unknown);
  for (const [field, graph] of [
    [1, training.initialization],
    [2, training.algorithm],
  ] as const) {
    if (!graph) continue;
    encoder.open(field);
    encodeGraph(encoder, graph, layout);
    encoder.close();
  }
  for (const [field, bindings] of [
    [3, training.initializationBindings],
    [4, training.updateBindings],
  ] as const)
    encodeEntries(
      encoder,
      field,
      bindings.map(({ target, source }) => [target.name, source.name] as const),
    );
}
