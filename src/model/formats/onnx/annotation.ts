import type { DevicePlan, Graph, Node, QuantizationAnnotation, Value } from "../../graph/graph.ts";
import type { Cursor } from "../../wire/protobuf.ts";
import { readPair, Unknown } from "./proto.ts";

/** The value that a name means in the innermost of some graphs. */
export function find(graphs: readonly Graph[], name: string): Value | undefined {
  for (let i = graphs.length - 1; i >= 0; i--) {
    const value = (graphs[i] as Graph).values.get(name);
    if (value) return value;
  }
  return undefined;
}

/**
 * TensorAnnotation: quantization parameters of values, joined to the values so that they follow when names change. One that
 * names no value is kept as it stands.
 */
export function readAnnotation(
  cursor: Cursor,
  graph: Graph,
  unknown: Unknown,
  graphs: readonly Graph[],
): void {
  const annotation = annotationOf(cursor, graphs);
  if (annotation) {
    graph.quantization ??= [];
    graph.quantization.push(annotation);
  } else unknown.message(14, cursor);
}

function annotationOf(cursor: Cursor, graphs: readonly Graph[]): QuantizationAnnotation | null {
  let value: Value | undefined;
  const parameters: [string, Value][] = [];
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) value = find(graphs, cursor.string());
    else if (cursor.field === 2 && cursor.wire === 2) {
      const pair = readPair(cursor.message());
      const parameter = find(graphs, pair.value);
      if (!parameter) return null;
      parameters.push([pair.key, parameter]);
    } else return null;
  }
  return value ? { value, parameters } : null;
}

/** NodeDeviceConfigurationProto: what it says of the node's inputs and outputs is joined to them, the rest kept. */
export function readDevices(messages: readonly Cursor[], node: Node): DevicePlan[] {
  const values = new Map<string, Value>();
  for (const value of [...node.inputs, ...node.outputs]) if (value) values.set(value.name, value);
  return messages.map((cursor) => {
    const shards: DevicePlan["shards"][number][] = [];
    const rest = new Unknown();
    while (cursor.next()) {
      if (cursor.field === 2 && cursor.wire === 2) shards.push(readShard(cursor.message(), values));
      else rest.keep(cursor);
    }
    return { shards, unknown: rest.whole };
  });
}

/** ShardingSpecProto. */
function readShard(cursor: Cursor, values: ReadonlyMap<string, Value>): DevicePlan["shards"][number] {
  let value: Value | undefined;
  const rest = new Unknown();
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) value = values.get(cursor.string());
    else rest.keep(cursor);
  }
  return value ? { value, unknown: rest.whole } : { value: null, unknown: cursor.whole() ?? rest.whole };
}
