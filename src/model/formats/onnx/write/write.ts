import { fail } from "../../../../base/errors/index.ts";
import type { ByteSink, ModelSink } from "../../../../base/sinks/index.ts";
import type { Model } from "../../../graph/graph.ts";
import { runGraphsOf } from "../../../graph/walk.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import { type Encoded, Encoder } from "../../../wire/encode.ts";
import type { WriteOptions, WriteReport } from "../../format.ts";
import { gathered } from "./gather.ts";
import { type Layout, layOut } from "./layout.ts";
import { encodeModel } from "./model.ts";

/** protobuf counts the bytes of a message in a signed 32-bit integer. */
const MAX_FILE = 2 ** 31 - 1;
/** Pieces in which tensors are copied: each waits for threads twice, and several of them are in memory at a time. */
const COPIED = 30 * 64 * 1024;
/** The size from which onnx, and most exporters, put a tensor outside. */
const EXTERNAL_FROM = 1024;

/**
 * ModelProto. The structure is encoded in memory; tensors flow from where they lie to where they belong.
 * @throws MODEL_TOO_LARGE_INLINE, FILE_UNWRITABLE, FILE_DISK_FULL, and what reading the tensors throws
 */
export async function write(model: Model, sink: ModelSink, options: WriteOptions): Promise<WriteReport> {
  const { external = "auto", externalFrom = EXTERNAL_FROM, signal } = options;
  const location = `${sink.name}.data`;
  let layout = await layOut(model, location, external === "always" ? externalFrom : null, signal);
  let encoded = encode(model, layout);
  const notes: string[] = [];
  if (encoded.size > MAX_FILE && external === "auto") {
    layout = await layOut(model, location, externalFrom, signal);
    encoded = encode(model, layout);
    notes.push(`the weights lie in ${location}, since a protobuf file holds at most 2 GB`);
  }
  if (encoded.size > MAX_FILE)
    throw fail(
      "MODEL_TOO_LARGE_INLINE",
      { file: sink.name, bytes: encoded.size, limit: MAX_FILE },
      { where: sink.name },
    );
  const files: { name: string; bytes: number }[] = [{ name: sink.name, bytes: encoded.size }];
  if (layout.places.size > 0) {
    const data = gathered(await sink.beside(location));
    await writePlaces(layout, data, signal);
    await data.flush();
    files.push({ name: location, bytes: data.position });
  }
  const lifted = countLifted(model, layout);
  if (lifted.nodes === 1)
    notes.push("1 Constant node is an initializer now, so that its weight may lie outside");
  else if (lifted.nodes > 1)
    notes.push(`${lifted.nodes} Constant nodes are initializers now, so that their weights may lie outside`);
  const main = gathered(await sink.main());
  for (const part of encoded.parts()) {
    if (part instanceof Uint8Array) await main.write(part);
    else await writeTensor(part, main, signal);
  }
  await main.flush();
  return { format: "onnx", files, external: layout.places.size, lifted, notes };
}

/** Of the graphs that running needs, as operators are counted. */
function countLifted(model: Model, { lifted }: Layout): WriteReport["lifted"] {
  let [nodes, copied] = [0, 0];
  if (lifted.size === 0) return { nodes, copied };
  for (const graph of runGraphsOf(model)) {
    for (const node of graph.nodes) {
      const found = lifted.get(node);
      if (!found) continue;
      nodes++;
      if (found.isCopied) copied++;
    }
  }
  return { nodes, copied };
}

function encode(model: Model, layout: Layout): Encoded<LazyTensor> {
  const encoder = new Encoder<LazyTensor>();
  encodeModel(encoder, model, layout);
  return encoder.finish();
}

async function writePlaces(layout: Layout, sink: ByteSink, signal?: AbortSignal): Promise<void> {
  for (const [tensor, offset] of layout.places) {
    // Zeros up to the boundary: at most 64 kB.
    await sink.write(new Uint8Array(offset - sink.position));
    await writeTensor(tensor, sink, signal);
  }
}

/** The lengths around a tensor are written already: it has to keep its word. @throws MODEL_TENSOR_SIZE */
async function writeTensor(tensor: LazyTensor, sink: ByteSink, signal?: AbortSignal): Promise<void> {
  const before = sink.position;
  for await (const piece of tensor.stream(COPIED, signal, true)) {
    signal?.throwIfAborted();
    await sink.write(piece);
  }
  const { name, dtype, byteLength } = tensor;
  const bytes = sink.position - before;
  if (bytes !== byteLength)
    throw fail(
      "MODEL_TENSOR_SIZE",
      { what: `tensor ${name}`, bytes, expected: byteLength, shape: tensor.shape.join("×"), dtype },
      { where: `tensor ${name}` },
    );
}
