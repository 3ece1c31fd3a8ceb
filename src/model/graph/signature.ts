import type { Signature, TensorSpec } from "../tensor/tensor.ts";
import type { Model, Value } from "./graph.ts";

/**
 * What must be fed and what comes out. Inputs that have a constant as their default are left out, as the runtime
 * leaves them out. Sequences, optionals and maps of tensors appear with their element's type and no shape.
 */
export function signatureOf(model: Model): Signature {
  return {
    inputs: model.graph.inputs.filter((value) => !value.constant && !value.sparse).map(specOf),
    outputs: model.graph.outputs.map(specOf),
  };
}

function specOf(value: Value): TensorSpec {
  let { type } = value;
  let shaped = true;
  while (type && (type.kind === "sequence" || type.kind === "optional")) {
    type = type.element;
    shaped = false;
  }
  if (type?.kind === "map") return { name: value.name, dtype: type.key, shape: null };
  if (!type || type.kind === "opaque") {
    return { name: value.name, dtype: "float32", shape: null };
  }
  return { name: value.name, dtype: type.dtype, shape: shaped ? type.shape : null };
}
