import { constantTensors } from "../../model/contract/constants.ts";
import type { StateContract } from "../../model/contract/contract.ts";
import type { Signature } from "../../model/tensor/tensor.ts";
import type { KnownInput, StateSpec } from "../runtime/index.ts";
import type { KnownModel } from "./open.ts";

/**
 * What the contract fixes of inputs that the signature leaves open: how long a frame of sound is, how large states are, and what is
 * always the same. Whoever makes up inputs needs it, since some models take nothing else.
 */
export function knownInputs({
  contract,
  signature,
}: Pick<KnownModel, "contract" | "signature">): KnownInput[] {
  const known: KnownInput[] = [];
  for (const input of Object.values(contract.inputs)) {
    if (input.kind !== "audio" || input.frame === null) continue;
    const shape = signature.inputs.find(({ name }) => name === input.tensor)?.shape;
    if (!shape || shape.length === 0) continue;
    const length = input.frame + input.context;
    known.push({
      name: input.tensor,
      shape: [...shape.slice(0, -1).map((dim) => (typeof dim === "number" ? dim : null)), length],
      values: null,
    });
  }
  for (const state of Object.values(contract.states)) {
    const { input: name, shape } = stateSpec(state, signature);
    known.push({ name, shape, values: null });
  }
  for (const [name, { shape, data }] of Object.entries(constantTensors(contract, signature)))
    known.push({
      name,
      shape,
      values: Array.from(data as ArrayLike<unknown>, (value) =>
        typeof value === "string" ? value : Number(value),
      ),
    });
  return known;
}

/** A state's first shape: what the contract says, or the signature's with open dimensions at 1. */
export function stateSpec(state: StateContract, signature: Signature): StateSpec {
  const spec = signature.inputs.find((input) => input.name === state.input);
  const shape = state.shape ?? (spec?.shape ?? []).map((dim) => (typeof dim === "number" ? dim : 1));
  const start = state.start === "zero" ? 0 : state.start;
  return { input: state.input, output: state.output, shape, start };
}
