import type { Signature } from "../tensor/tensor.ts";

/**
 * Inputs and outputs together of which a meaning is looked for. Models that people trained have some hundred, those that carry the
 * states of a language model; each is asked about some twenty times, which of a million takes longer than reading them.
 */
const MAX_UNDERSTOOD = 200_000;

/** Whether a model has too many inputs and outputs for anybody to ask what each means: they are fed and given as they are. */
export function isBeyondMeaning({ inputs, outputs }: Record<keyof Signature, readonly unknown[]>): boolean {
  return inputs.length + outputs.length > MAX_UNDERSTOOD;
}
