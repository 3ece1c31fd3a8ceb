import type { DType } from "../tensor/dtype.ts";
import type { Signature, TensorSpec } from "../tensor/tensor.ts";
import type { Model, Value, ValueType } from "./graph.ts";

/**
 * What must be fed and what comes out. Inputs that have a constant as their default are left out, as the runtime
 * leaves them out. Sequences, optionals and maps of tensors appear with their element's type, no shape, and
 * what they are in words.
 */
export function signatureOf(model: Model): Signature {
  return {
    inputs: model.graph.inputs.filter((value) => !value.constant && !value.sparse).map(specOf),
    outputs: model.graph.outputs.map(specOf),
  };
}

function specOf(value: Value): TensorSpec {
  const { name, type } = value;
  if (type === null) return { name, dtype: "float32", shape: null };
  if (type.kind === "tensor" || type.kind === "sparse") return { name, dtype: type.dtype, shape: type.shape };
  return { name, dtype: held(type), shape: null, type: inWords(type) };
}

function held(type: ValueType | null): DType {
  let inner = type;
  while (inner && (inner.kind === "sequence" || inner.kind === "optional")) inner = inner.element;
  if (!inner || inner.kind === "opaque") return "float32";
  return inner.kind === "map" ? inner.key : inner.dtype;
}

/** By ValueType's kind; readers limit how deep types are nested. */
function inWords(type: ValueType | null): string {
  if (type === null) return "unknown";
  if (type.kind === "tensor") return type.dtype;
  if (type.kind === "sparse") return `sparse ${type.dtype}`;
  if (type.kind === "map") return `map of ${type.key} to ${inWords(type.value)}`;
  if (type.kind === "opaque") return "opaque";
  return type.kind === "optional"
    ? `optional ${inWords(type.element)}`
    : `sequence of ${inWords(type.element)}`;
}
