import type { Model } from "../../model/graph/graph.ts";
import { fixDims, newestOpsetOf, type Pass, SIMPLIFY, upgradeTo } from "../../model/passes/index.ts";
import type { PassChoice } from "./choice.ts";
import { type PrecisionStage, precisionStage } from "./precision.ts";

/** Passes that run once, then those that run until nothing changes, and those that run on what came of it. */
export interface PassStages {
  readonly once: readonly Pass[];
  readonly settle: readonly Pass[];
  /** null where the precision stays. */
  readonly precision: PrecisionStage | null;
}

/**
 * The passes for a choice, in their order: lengths first, since more can be worked out from them; then the operators of the
 * new version; then what simplifies both; the precision of what is left last.
 * @throws MODEL_OPSET_UNKNOWN
 */
export function passesFor(model: Model, choice: PassChoice): PassStages {
  const { opset, simplify = false, fixDims: lengths = {}, calibrate } = choice;
  // What could be folded into a convolution would be rounded once more behind it.
  const simplified = simplify || calibrate !== undefined;
  const once: Pass[] = [];
  const dims = new Map(Object.entries(lengths));
  if (dims.size > 0) once.push(fixDims(dims, { simplified }));
  const version = opset === "newest" ? newestOpsetOf(model) : opset;
  if (version !== undefined) once.push(upgradeTo(version));
  return {
    once,
    settle: simplified ? SIMPLIFY : [],
    precision: precisionStage(choice, version ?? model.opsets.get("") ?? 1),
  };
}
