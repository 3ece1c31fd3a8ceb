import { fail } from "../../base/errors/index.ts";
import type { Signature, TensorData, Tensors } from "../../model/tensor/tensor.ts";
import type { Slot } from "./worker/messages.ts";

/**
 * The outputs that a run gives: those asked for, or all.
 * @param known names of all outputs, those that cannot be read among them
 * @throws RUN_OUTPUT_UNKNOWN, RUN_TYPE_UNSUPPORTED
 */
export function wantedOutputs(
  known: readonly string[],
  signature: Signature,
  names: readonly string[] | undefined,
): readonly string[] {
  const wanted = names === undefined || names.length === 0 ? known : [...new Set(names)];
  if (wanted === known && known.length === signature.outputs.length) return known;
  for (const name of wanted) {
    if (!known.includes(name)) {
      throw fail("RUN_OUTPUT_UNKNOWN", { name: String(name), expected: known.join(", ") });
    }
    if (!signature.outputs.some((spec) => spec.name === name)) {
      const type = "a sequence, a map, or of a type under 8 bits";
      throw fail("RUN_TYPE_UNSUPPORTED", { value: `Output ${name}`, type });
    }
  }
  return wanted;
}

/** The slots of an answer as named tensors. */
export function namedOutputs(
  signature: Signature,
  names: readonly string[],
  slots: readonly Slot[],
): Tensors {
  // Without a prototype, since the names are the model's.
  const tensors: Tensors = Object.create(null);
  names.forEach((name, i) => {
    const dtype = signature.outputs.find((spec) => spec.name === name)?.dtype ?? "float32";
    tensors[name] = {
      dtype,
      shape: slots[2 * i] as readonly number[],
      data: slots[2 * i + 1] as TensorData,
    };
  });
  return tensors;
}
