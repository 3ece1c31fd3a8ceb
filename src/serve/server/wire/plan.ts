import type { TensorSpec } from "../../../model/tensor/tensor.ts";
import type { ModelCard } from "../../../run/pipeline/catalogue.ts";
import type { WireDType } from "../../api/datatypes.ts";
import { datatypeName, hasDatatype } from "./datatype.ts";

/** What reading and writing one model's requests needs, worked out once. */
export interface Plan {
  readonly card: ModelCard;
  readonly inputs: ReadonlyMap<string, InputPlan>;
  /** Inputs that every request must give: those the server neither knows nor carries. */
  readonly required: readonly string[];
  /** Inputs that a sequence carries. Without a sequence they may be given: then all of them. */
  readonly states: ReadonlySet<string>;
  readonly outputs: ReadonlyMap<string, OutputPlan>;
  readonly allOutputs: readonly string[];
  /** Those that feed no state. */
  readonly plainOutputs: readonly string[];
  /** Most rows of one request; 0 where nothing was declared. */
  readonly maxRows: number;
  /** Start of every answer, `{"model_name":…,"model_version":…`. */
  readonly head: string;
}

export interface InputPlan {
  readonly spec: TensorSpec;
  /** null where the protocol has no JSON for it. */
  readonly dtype: WireDType | null;
}

export interface OutputPlan {
  /** `{"name":…,"datatype":…,"shape":[` */
  readonly head: string;
}

const plans = new WeakMap<ModelCard, Plan>();

export function planOf(card: ModelCard): Plan {
  const known = plans.get(card);
  if (known) return known;
  const plan = makePlan(card);
  plans.set(card, plan);
  return plan;
}

function makePlan(card: ModelCard): Plan {
  const { signature, contract, id } = card;
  const stateful = card.stateful ? Object.values(contract.states) : [];
  const states = new Set(stateful.map((state) => state.input));
  const stateOutputs = new Set(stateful.map((state) => state.output));
  const constants = new Set(Object.values(contract.constants).map((constant) => constant.tensor));
  return {
    card,
    inputs: new Map(signature.inputs.map((spec) => [spec.name, inputPlan(spec)])),
    required: signature.inputs
      .map((spec) => spec.name)
      .filter((name) => !states.has(name) && !constants.has(name)),
    states,
    outputs: new Map(signature.outputs.map((spec) => [spec.name, outputPlan(spec)])),
    allOutputs: signature.outputs.map((spec) => spec.name),
    plainOutputs: signature.outputs.map((spec) => spec.name).filter((name) => !stateOutputs.has(name)),
    maxRows: card.file.serving?.max_batch ?? 0,
    head: `{"model_name":${JSON.stringify(id.name)},"model_version":${JSON.stringify(id.version)}`,
  };
}

function inputPlan(spec: TensorSpec): InputPlan {
  return { spec, dtype: hasDatatype(spec.dtype) ? spec.dtype : null };
}

function outputPlan(spec: TensorSpec): OutputPlan {
  const name = JSON.stringify(spec.name);
  return { head: `{"name":${name},"datatype":"${datatypeName(spec.dtype)}","shape":[` };
}
