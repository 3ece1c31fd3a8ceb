import { DTYPES } from "../../../tensor/dtype.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeEntries, encodeText, encodeUnknown } from "./entries.ts";
import type { Layout } from "./layout.ts";

/** TensorProto: the bytes raw, here or in the file beside; strings as strings. */
export function encodeTensor(
  encoder: Encoder<LazyTensor>,
  tensor: LazyTensor,
  layout: Layout,
  name = tensor.name,
): void {
  const { dtype, shape, byteLength } = tensor;
  encodeUnknown(encoder, tensor.unknown);
  encoder.ints(1, shape.map(BigInt));
  encoder.uint(2, DTYPES[dtype].onnx);
  for (const text of layout.strings.get(tensor) ?? []) encoder.string(6, text);
  if (name !== "") encoder.string(8, name);
  // The number of raw_data is lower, but what is written first is what a reader needs to know about the bytes.
  encodeText(encoder, 12, tensor.doc);
  encodeEntries(encoder, 16, tensor.metadata);
  const offset = layout.places.get(tensor);
  if (offset !== undefined) {
    const place = { location: layout.location, offset: String(offset), length: String(byteLength) };
    encodeEntries(encoder, 13, new Map(Object.entries(place)));
    encoder.uint(14, 1);
  } else if (dtype !== "string") encoder.payload(9, byteLength, tensor);
}
