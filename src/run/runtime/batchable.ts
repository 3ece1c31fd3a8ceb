import type { Signature } from "../../model/tensor/tensor.ts";

/**
 * Why rows of requests cannot be merged, as far as the signature tells; null where it does not forbid it.
 * @param outputs names of all outputs, those that cannot be read among them
 */
export function findObstacle(signature: Signature, outputs: readonly string[]): string | null {
  const { inputs } = signature;
  if (inputs.length === 0) return "the model has no inputs";
  const unread = outputs.find((name) => !signature.outputs.some((spec) => spec.name === name));
  if (unread !== undefined) return `output ${unread} cannot be read`;
  for (const [side, specs] of [
    ["input", inputs],
    ["output", signature.outputs],
  ] as const) {
    for (const spec of specs) {
      const lead = spec.shape?.[0];
      if (lead === undefined) return `${side} ${spec.name} has no leading dimension`;
      if (typeof lead === "number")
        return `the leading dimension of ${side} ${spec.name} is fixed at ${lead}`;
    }
  }
  for (const { shape } of inputs) {
    const lead = shape?.[0];
    const twice = inputs.find((spec) => typeof lead === "string" && spec.shape?.includes(lead, 1));
    if (twice !== undefined) return `dimension ${lead} of input ${twice.name} would grow with the rows`;
  }
  return null;
}
