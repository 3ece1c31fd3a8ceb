import type { Contract } from "../../../model/contract/contract.ts";
import type { Signature, Tensors } from "../../../model/tensor/index.ts";
import type { TaskInput } from "../task.ts";
import { MAX_DEPTH } from "./nested.ts";
import { isFields, isProtocolList, withoutInputs } from "./read.ts";

/** What is to be given for a frame: the states and the constants of the contract are not asked for. */
export function askedOf(contract: Pick<Contract, "states" | "constants">, signature: Signature): Signature {
  const held = new Set([
    ...Object.values(contract.states).map(({ input }) => input),
    ...Object.values(contract.constants).map(({ tensor }) => tensor),
  ]);
  return { ...signature, inputs: signature.inputs.filter(({ name }) => !held.has(name)) };
}

/** Whether states come with the tensors, so that no stream holds them; where some are missing, the model says which. */
export function bringsStates(contract: Contract, tensors: Tensors): boolean {
  return Object.values(contract.states).some(({ input }) => Object.hasOwn(tensors, input));
}

/**
 * The frames of what was given: of a list of objects of named tensors, or of bare values one dimension deeper than the only input,
 * each; anything else is one frame.
 */
export function framesOf(given: TaskInput, signature: Signature, asked: Signature): TaskInput[] {
  if (given.kind !== "json") return [given];
  const body = withoutInputs(given.value, signature);
  if (!Array.isArray(body) || body.length === 0 || !isListOfFrames(body, asked)) return [given];
  const { exactly } = given;
  if (!exactly) return body.map((value) => ({ kind: "json", value }));
  const whole = () => withoutInputs(exactly(), signature) as unknown[];
  return body.map((value, i) => ({ kind: "json", value, exactly: () => whole()[i] }));
}

function isListOfFrames(body: readonly unknown[], { inputs }: Signature): boolean {
  if (isProtocolList(body)) return false;
  if (body.every(isFields)) return true;
  const [only] = inputs;
  const rank = inputs.length === 1 ? only?.shape?.length : undefined;
  return rank !== undefined && depthOf(body) === rank + 1;
}

/** How deep the first elements of lists are nested. */
function depthOf(value: unknown): number {
  let depth = 0;
  for (let inner = value; Array.isArray(inner) && depth <= MAX_DEPTH; inner = inner[0]) depth++;
  return depth;
}
