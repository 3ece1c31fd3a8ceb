import type { Graph } from "../../graph/graph.ts";
import { domainText } from "../../graph/label.ts";
import { Encoder } from "../../wire/encode.ts";
import type { Cursor } from "../../wire/protobuf.ts";
import type { Unknown } from "./proto.ts";
import type { Context } from "./tensor.ts";

/**
 * OperatorSetIdProto. Of two for one domain the higher one counts (onnx.proto, ModelProto.opset_import), and the other is
 * kept as it stands.
 */
export function readOpset(
  cursor: Cursor,
  opsets: Map<string, number>,
  unknown: Unknown,
  context: Context,
  graph: Graph | null = null,
): void {
  const { field } = cursor;
  const message = cursor.message();
  let domain = "";
  let version = 0;
  while (message.next()) {
    if (message.field === 1 && message.wire === 2) domain = message.string();
    else if (message.field === 2 && message.wire === 0) version = Number(message.int64());
    else message.skip();
  }
  const key = domain === "ai.onnx" ? "" : domain;
  const before = opsets.get(key);
  if (before !== undefined) {
    const text = `The operator set ${domainText(key)} is imported twice, as ${before} and as ${version}.`;
    context.defects.add({ kind: "opset-twice", graph, text });
    const other = new Encoder(20 + 3 * key.length);
    other.string(1, key);
    other.int(2, BigInt(Math.min(before, version)));
    unknown.bytes(field, other.bytesSoFar());
  }
  opsets.set(key, Math.max(version, before ?? version));
}
