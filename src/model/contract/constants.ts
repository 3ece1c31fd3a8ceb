import { tensorFromNumbers } from "../tensor/elements.ts";
import type { Signature, Tensors } from "../tensor/tensor.ts";
import type { ConstantContract, Contract } from "./contract.ts";

/** The input tensors to which the contract gives one fixed value, typed as the signature says. */
export function constantTensors(contract: Contract, signature: Signature): Tensors {
  const tensors: Tensors = {};
  for (const constant of Object.values(contract.constants)) {
    const spec = signature.inputs.find((input) => input.name === constant.tensor);
    if (!spec) continue;
    const values = valuesOf(constant);
    const rank = spec.shape?.length ?? (Array.isArray(constant.value) ? 1 : 0);
    const shape = rank === 0 ? [] : [...Array(rank - 1).fill(1), values.length];
    tensors[constant.tensor] =
      spec.dtype === "string"
        ? { dtype: "string", shape, data: values.map(String) }
        : tensorFromNumbers(spec.dtype, shape, values.map(Number));
  }
  return tensors;
}

function valuesOf(constant: ConstantContract): (number | string | boolean)[] {
  return Array.isArray(constant.value) ? [...constant.value] : [constant.value];
}
