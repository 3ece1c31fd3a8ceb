import { isModelyardError } from "../../base/errors/index.ts";
import type { Model } from "../../model/graph/graph.ts";
import type { Dim, Signature, TensorSpec } from "../../model/tensor/tensor.ts";

/** Larger graphs are not gone through for a length: some hundred milliseconds' worth. */
const MAX_NODES = 20_000;

/**
 * A signature with the lengths of outputs that the file leaves open, or gives a name that no input has, where they follow from
 * the graph as numbers: exporters name what they do not know, and ONNX Runtime tells the numbers too.
 */
export async function settleOutputs(model: Model, signature: Signature): Promise<Signature> {
  const named = new Set(signature.inputs.flatMap(({ shape }) => shape ?? []));
  const isOpen = (dim: Dim) => dim === null || (typeof dim === "string" && !named.has(dim));
  const open = signature.outputs.some(({ shape }) => shape?.some(isOpen));
  if (!open || model.graph.nodes.length > MAX_NODES) return signature;
  const { inferTypes } = await import("../../model/graph/infer/index.ts");
  const types = await inferTypes(model, { declaredShapes: false }).catch((error: unknown) => {
    // A constant that cannot be read: `--check` tells of it, and so does whoever runs the model.
    if (isModelyardError(error)) return null;
    throw error;
  });
  const outputs = signature.outputs.map((spec, i): TensorSpec => {
    const value = model.graph.outputs[i];
    const type = value && types?.typeOf(value);
    if (!spec.shape || type?.kind !== "tensor" || type.shape?.length !== spec.shape.length) return spec;
    const { shape } = type;
    return {
      ...spec,
      shape: spec.shape.map((dim, axis) => {
        const known = shape[axis];
        return typeof known === "number" && typeof dim !== "number" ? known : dim;
      }),
    };
  });
  return { inputs: signature.inputs, outputs };
}
