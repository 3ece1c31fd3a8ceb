import type { ValueType } from "../../../graph/graph.ts";
import { DTYPES } from "../../../tensor/dtype.ts";
import type { Dim, LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeText, encodeUnknown } from "./entries.ts";

/** TypeProto. */
export function encodeType(encoder: Encoder<LazyTensor>, type: ValueType): void {
  encodeUnknown(encoder, type.unknown);
  if (type.kind === "tensor" || type.kind === "sparse") {
    encoder.open(type.kind === "tensor" ? 1 : 8);
    encoder.uint(1, DTYPES[type.dtype].onnx);
    if (type.shape) encodeShape(encoder, type.shape, type);
    encoder.close();
  } else if (type.kind === "sequence" || type.kind === "optional") {
    encoder.open(type.kind === "sequence" ? 4 : 9);
    if (type.element) encodeInner(encoder, 1, type.element);
    encoder.close();
  } else if (type.kind === "map") {
    encoder.open(5);
    encoder.uint(1, DTYPES[type.key].onnx);
    if (type.value) encodeInner(encoder, 2, type.value);
    encoder.close();
  } else {
    encoder.open(7);
    if (type.domain !== "") encoder.string(1, type.domain);
    if (type.name !== "") encoder.string(2, type.name);
    encoder.close();
  }
  encodeText(encoder, 6, type.denotation);
}

function encodeInner(encoder: Encoder<LazyTensor>, field: number, type: ValueType): void {
  encoder.open(field);
  encodeType(encoder, type);
  encoder.close();
}

/** TensorShapeProto; one without dimensions is a scalar's, which is not the same as none. */
function encodeShape(
  encoder: Encoder<LazyTensor>,
  shape: readonly Dim[],
  { dimDenotations: denotations, dimsUnknown: unknown }: ValueType & { kind: "tensor" | "sparse" },
): void {
  // Another rank: what was said of the dimensions is said of others.
  const fits = unknown?.length === shape.length;
  encoder.open(2);
  for (const [i, dim] of shape.entries()) {
    encoder.open(1);
    if (fits) encodeUnknown(encoder, unknown[i] ?? undefined);
    if (typeof dim === "number") encoder.uint(1, dim);
    else if (dim !== null) encoder.string(2, dim);
    encodeText(encoder, 3, denotations?.[i] ?? undefined);
    encoder.close();
  }
  encoder.close();
}
