import type { Model } from "../../model/graph/graph.ts";
import { fixDims, newestOpsetOf, type Pass, SIMPLIFY, upgradeTo } from "../../model/passes/index.ts";

/** What is to be done to the graph on its way. */
export interface PassChoice {
  /** Version of ai.onnx; "newest": the newest in which the runtime runs all of its operators. @default as it is */
  readonly opset?: number | "newest";
  /** @default false */
  readonly simplify?: boolean;
  /** Lengths for dimensions of the inputs, by name ("batch"), or by input and place ("image:0"). */
  readonly fixDims?: Readonly<Record<string, number>>;
}

/** Passes that run once, and then those that run until nothing changes. */
export interface PassStages {
  readonly once: readonly Pass[];
  readonly settle: readonly Pass[];
}

/**
 * The passes for a choice, in their order: lengths first, since more can be worked out from them; then the operators of the
 * new version; then what simplifies both.
 * @throws MODEL_OPSET_UNKNOWN
 */
export function passesFor(
  model: Model,
  { opset, simplify = false, fixDims: lengths = {} }: PassChoice,
): PassStages {
  const once: Pass[] = [];
  const dims = new Map(Object.entries(lengths));
  if (dims.size > 0) once.push(fixDims(dims));
  if (opset !== undefined) once.push(upgradeTo(opset === "newest" ? newestOpsetOf(model) : opset));
  return { once, settle: simplify ? SIMPLIFY : [] };
}
