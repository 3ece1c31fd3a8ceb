import type { Attribute, Value } from "../../../model/graph/graph.ts";
import { isConstant } from "../../../model/graph/index.ts";
import { constantTensor } from "../../../model/tensor/index.ts";
import type { LazyTensor, Tensor } from "../../../model/tensor/tensor.ts";

/** The tensor of a constant, whether it is an initializer or what a Constant node holds; null for any other value. */
export function tensorOf(value: Value): LazyTensor | null {
  if (value.constant) return value.constant;
  if (value.sparse) return value.sparse.values;
  const node = value.producer;
  if (!node || !isConstant(node)) return null;
  for (const attribute of node.attributes.values()) {
    const tensor = held(attribute);
    if (tensor) return tensor;
  }
  return null;
}

function held(attribute: Attribute): LazyTensor | null {
  if (attribute.kind === "tensor") return attribute.value;
  if (attribute.kind === "sparse") return attribute.value.values;
  const plain = plainTensor(attribute);
  return plain && constantTensor(plain, "Constant");
}

function plainTensor(attribute: Attribute): Tensor | null {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (attribute.kind) {
    case "float":
      return { dtype: "float32", shape: [], data: Float32Array.of(attribute.value) };
    case "floats":
      return { dtype: "float32", shape: [attribute.value.length], data: Float32Array.from(attribute.value) };
    case "int":
      return { dtype: "int64", shape: [], data: BigInt64Array.of(attribute.value) };
    case "ints":
      return { dtype: "int64", shape: [attribute.value.length], data: BigInt64Array.from(attribute.value) };
    case "string":
      return { dtype: "string", shape: [], data: [text(attribute.value)] };
    case "strings":
      return { dtype: "string", shape: [attribute.value.length], data: attribute.value.map(text) };
    default:
      return null;
  }
}
