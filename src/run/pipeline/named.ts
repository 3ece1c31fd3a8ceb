import type { Contract } from "../../model/contract/contract.ts";
import type { Signature, Tensors } from "../../model/tensor/tensor.ts";
import { checkOptions } from "../tasks/inputs.ts";
import { askedOf } from "../tasks/tensors/frames.ts";
import { head } from "../tasks/tensors/head.ts";
import { tensorsFromJson } from "../tasks/tensors/read.ts";

export { inputOfJson, type JsonFor } from "../tasks/lists.ts";
export { toAnswer as namedAnswer } from "../tasks/tensors/answer.ts";

/** A question to the task of named tensors, as JSON has it. */
interface Asked {
  readonly inputs: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** See TaskInput. */
  exactly(): unknown;
}

/**
 * What the task of named tensors makes of JSON, for whoever answers a model without another task where it runs.
 * @throws TASK_OPTION_UNKNOWN, TASK_TENSORS, TASK_TENSOR_*, MODEL_NUMBER_MISFIT
 */
export function namedTensors(
  { inputs, parameters, exactly }: Asked,
  signature: Signature,
  contract: Pick<Contract, "states" | "constants">,
): Tensors {
  checkOptions({ ...head, options: [] }, parameters);
  return tensorsFromJson(inputs, signature, askedOf(contract, signature), exactly);
}
