import type { TensorSpec } from "../../../model/tensor/tensor.ts";
import type { ModelCard } from "../../../run/pipeline/catalogue.ts";
import type { WireDType } from "../../api/datatypes.ts";
import { datatypeName, hasDatatype } from "./datatype.ts";

/** The part of a model's card from which a plan is made; plain data, so that it can be made in another thread. */
export interface PlanSource extends Pick<ModelCard, "signature" | "stateful" | "maxBatch"> {
  readonly id: Pick<ModelCard["id"], "name" | "version">;
  readonly contract: Pick<ModelCard["contract"], "states" | "constants">;
  readonly file: Pick<ModelCard["file"], "serving">;
}

/** What reading and writing one model's requests needs, worked out once. */
export interface Plan {
  readonly card: PlanSource;
  readonly inputs: ReadonlyMap<string, InputPlan>;
  /** Inputs that every request must give: those the server neither knows nor carries. */
  readonly required: readonly string[];
  /** Inputs that a sequence carries. Without a sequence they may be given: then all of them. */
  readonly states: ReadonlySet<string>;
  /** Whether any input shares a dimension. */
  readonly shares: boolean;
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
  /**
   * What each open dimension is called; null for fixed lengths and for those without a name. A name stands for one
   * length in the whole request (ONNX IR, dim_param). The open first dimension of a model whose requests are merged
   * counts its rows, named or not.
   */
  readonly names: readonly (string | null)[];
  /** Whether one of the names occurs twice in the signature. */
  readonly shares: boolean;
}

export interface OutputPlan {
  /** `{"name":…,"datatype":…,"shape":[` */
  readonly head: string;
}

const plans = new WeakMap<PlanSource, Plan>();

export function planOf(card: PlanSource): Plan {
  const known = plans.get(card);
  if (known) return known;
  const plan = makePlan(card);
  plans.set(card, plan);
  return plan;
}

function makePlan(card: PlanSource): Plan {
  const { signature, contract, id } = card;
  const stateful = card.stateful ? Object.values(contract.states) : [];
  const states = new Set(stateful.map((state) => state.input));
  const stateOutputs = new Set(stateful.map((state) => state.output));
  const constants = new Set(Object.values(contract.constants).map((constant) => constant.tensor));
  const maxRows = card.file.serving?.max_batch ?? 0;
  const merges = card.maxBatch > 1 || maxRows > 0;
  const inputs = inputPlans(signature.inputs, merges);
  return {
    card,
    inputs,
    shares: [...inputs.values()].some((input) => input.shares),
    required: signature.inputs
      .map((spec) => spec.name)
      .filter((name) => !states.has(name) && !constants.has(name)),
    states,
    outputs: new Map(signature.outputs.map((spec) => [spec.name, outputPlan(spec)])),
    allOutputs: signature.outputs.map((spec) => spec.name),
    plainOutputs: signature.outputs.map((spec) => spec.name).filter((name) => !stateOutputs.has(name)),
    maxRows,
    head: `{"model_name":${JSON.stringify(id.name)},"model_version":${JSON.stringify(id.version)}`,
  };
}

function inputPlans(specs: readonly TensorSpec[], merges: boolean): Map<string, InputPlan> {
  const names = specs.map(({ shape }) =>
    (shape ?? []).map((dim, at) =>
      typeof dim === "number" ? null : dim || (at === 0 && merges ? "of the rows" : null),
    ),
  );
  const counts = new Map<string, number>();
  for (const name of names.flat()) if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(
    specs.map((spec, i) => [
      spec.name,
      {
        spec,
        dtype: hasDatatype(spec.dtype) ? spec.dtype : null,
        names: names[i] ?? [],
        shares: (names[i] ?? []).some((name) => name !== null && (counts.get(name) ?? 0) > 1),
      },
    ]),
  );
}

function outputPlan(spec: TensorSpec): OutputPlan {
  const name = JSON.stringify(spec.name);
  return { head: `{"name":${name},"datatype":"${datatypeName(spec.dtype)}","shape":[` };
}
