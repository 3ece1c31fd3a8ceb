import { isLive } from "../../../graph/edit.ts";
import type { DevicePlan, Graph } from "../../../graph/graph.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeUnknown } from "./entries.ts";

/** TensorAnnotation, one for each value that is still there with all of its parameters. */
export function encodeAnnotations(encoder: Encoder<LazyTensor>, field: number, graph: Graph): void {
  for (const { value, parameters } of graph.quantization ?? []) {
    if (!isLive(value) || !parameters.every(([, parameter]) => isLive(parameter))) continue;
    encoder.open(field);
    encoder.string(1, value.name);
    for (const [key, parameter] of parameters) {
      encoder.open(2);
      encoder.string(1, key);
      encoder.string(2, parameter.name);
      encoder.close();
    }
    encoder.close();
  }
}

/** NodeDeviceConfigurationProto. */
export function encodeDevices(
  encoder: Encoder<LazyTensor>,
  field: number,
  devices: readonly DevicePlan[] | undefined,
): void {
  for (const { shards, unknown } of devices ?? []) {
    encoder.open(field);
    encodeUnknown(encoder, unknown);
    for (const shard of shards) {
      encoder.open(2);
      encodeUnknown(encoder, shard.unknown);
      if (shard.value) encoder.string(1, shard.value.name);
      encoder.close();
    }
    encoder.close();
  }
}
