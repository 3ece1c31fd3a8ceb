import type { Model } from "../../../graph/graph.ts";
import { constantsOf } from "../../../graph/walk.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";

/** Where the bytes of a model's tensors go. */
export interface Layout {
  /** Name of the file beside the model. */
  readonly location: string;
  /** Offsets in that file of the tensors that lie there, in its order. */
  readonly places: ReadonlyMap<LazyTensor, number>;
  /** Elements of the tensors of strings, which stand between the fields of the message. */
  readonly strings: ReadonlyMap<LazyTensor, readonly string[]>;
}

/**
 * Offsets are multiples of a memory page (onnx.proto, external_data), and those of large tensors of 64 kB, the granularity
 * of mappings on Windows, as in onnx-ir and ONNX Runtime.
 */
const PAGE = 4096;
const GRANULARITY = 64 * 1024;
const LARGE = 1024 * 1024;

/** @param from bytes from which a tensor lies outside; null: all inside */
export async function layOut(
  model: Model,
  location: string,
  from: number | null,
  signal?: AbortSignal,
): Promise<Layout> {
  const places = new Map<LazyTensor, number>();
  const strings = new Map<LazyTensor, readonly string[]>();
  let end = 0;
  for (const tensor of constantsOf(model)) {
    if (tensor.dtype === "string") {
      if (!strings.has(tensor)) strings.set(tensor, (await tensor.read(signal)).data as string[]);
    } else if (from !== null && tensor.byteLength >= from && !places.has(tensor)) {
      const boundary = tensor.byteLength >= LARGE ? GRANULARITY : PAGE;
      const offset = Math.ceil(end / boundary) * boundary;
      places.set(tensor, offset);
      end = offset + tensor.byteLength;
    }
  }
  return { location, places, strings };
}
