import type { Model } from "../graph/graph.ts";
import type { Tensors } from "../tensor/tensor.ts";
import type { Types } from "./types.ts";

/**
 * Answers of a small model, computed by somebody else: constant folding needs a runtime, and passes know none.
 * Rejects where the runtime refuses the model; the pass then leaves those nodes as they are.
 */
export type Evaluate = (model: Model, feeds: Tensors, signal?: AbortSignal) => Promise<Tensors>;

export interface PassContext {
  readonly evaluate?: Evaluate;
  readonly signal?: AbortSignal;
  /**
   * What a person should know of what was done, or was not.
   * @param about what is true only as long as the pass finds it so: it counts if the pass says it when it last runs
   */
  note(text: string, about?: "at last"): void;
  /**
   * Types of the model's values, worked out once and shared by the passes that follow one another; `runPasses` gives it.
   * A pass that is run without it works them out for itself.
   */
  types?(model: Model): Promise<Types>;
}

export interface PassResult {
  /** The model that was given, changed in place, or another one. */
  readonly model: Model;
  readonly modified: boolean;
}

/** A change to a graph that keeps its answers. A pass that says `modified: false` has changed nothing. */
export interface Pass {
  readonly name: string;
  /** One sentence: what is true of the model afterwards. */
  readonly promises: string;
  /** Whether every value that stays in the model keeps its type: what is known of types then outlives the pass. */
  readonly keepsTypes?: boolean;
  run(model: Model, context: PassContext): PassResult | Promise<PassResult>;
}
