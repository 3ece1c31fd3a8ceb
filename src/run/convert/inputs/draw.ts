import type { Contract } from "../../../model/contract/contract.ts";
import { constantTensors } from "../../../model/contract/index.ts";
import type { Model } from "../../../model/graph/graph.ts";
import { byteLengthOf } from "../../../model/tensor/index.ts";
import type { Signature, Tensor, Tensors } from "../../../model/tensor/tensor.ts";
import { hintsOf } from "./hints.ts";
import { factsOf, PLANS, type Plan, shapesFor } from "./plan.ts";
import { seededRandom } from "./random.ts";
import { makeValues, SPREADS } from "./values.ts";

/** Inputs beyond this are not made up: nobody checks a model with a gigabyte of noise. */
const MAX_BYTES = 2 ** 30;

/** Makes inputs for a model; the same seed gives the same inputs. */
export interface InputMaker {
  /** What a model is tried with, in turn. */
  readonly plans: readonly Plan[];
  /** null where the inputs would be too large. */
  make(plan: Plan, draw: number, seed: number): Tensors | null;
}

/**
 * @param signature names and types as the runtime tells them; shapes are the file's own, which tell a scalar from an unknown
 * rank
 */
export async function inputMaker(
  model: Model,
  signature: Signature,
  contract: Contract,
): Promise<InputMaker> {
  const facts = factsOf(signature, contract, await hintsOf(model));
  const constants = constantTensors(contract, signature);
  const isOpen = facts.some(({ spec }) => spec.shape?.some((dim) => typeof dim !== "number") ?? true);
  return {
    // Where no length is open, plans differ only in their whole numbers.
    plans: isOpen
      ? PLANS
      : PLANS.filter((plan, i) => PLANS.findIndex(({ whole }) => whole === plan.whole) === i),
    make(plan, draw, seed) {
      const shapes = shapesFor(facts, plan);
      const spread = SPREADS[draw % SPREADS.length] ?? "unit";
      let bytes = 0;
      const made = new Map<string, Tensor>();
      for (const [i, fact] of facts.entries()) {
        const { name, dtype } = fact.spec;
        const constant = Object.hasOwn(constants, name) ? constants[name] : undefined;
        const shape = shapes[i] ?? [];
        bytes += byteLengthOf(
          dtype,
          shape.reduce((product, dim) => product * dim, 1),
        );
        if (!(bytes <= MAX_BYTES)) return null;
        const random = seededRandom(seed + 7_919 * draw + 104_729 * i);
        made.set(name, constant ?? makeValues(fact, shape, plan, spread, random));
      }
      return Object.fromEntries(made);
    },
  };
}

/** The same plan with other lengths where they are open, to see that no answer hangs on them. */
export function variedPlan(plan: Plan, draw: number): Plan {
  return { ...plan, rows: plan.rows + draw, length: plan.length + draw, space: plan.space + 32 * draw };
}
