import { DTYPES } from "../../../tensor/dtype.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import type { Layout } from "./layout.ts";

/** TensorProto: the bytes raw, here or in the file beside; strings as strings. */
export function encodeTensor(
  encoder: Encoder<LazyTensor>,
  tensor: LazyTensor,
  layout: Layout,
  name = tensor.name,
): void {
  const { dtype, shape, byteLength } = tensor;
  encoder.ints(1, shape.map(BigInt));
  encoder.uint(2, DTYPES[dtype].onnx);
  for (const text of layout.strings.get(tensor) ?? []) encoder.string(6, text);
  if (name !== "") encoder.string(8, name);
  const offset = layout.places.get(tensor);
  if (offset !== undefined) {
    encodeEntry(encoder, "location", layout.location);
    encodeEntry(encoder, "offset", String(offset));
    encodeEntry(encoder, "length", String(byteLength));
    encoder.uint(14, 1);
  } else if (dtype !== "string") encoder.payload(9, byteLength, tensor);
}

function encodeEntry(encoder: Encoder<LazyTensor>, key: string, value: string): void {
  encoder.open(13);
  encoder.string(1, key);
  encoder.string(2, value);
  encoder.close();
}
