import { lowerModel } from "../../model/formats/lower.ts";
import { countOperators } from "../../model/graph/count.ts";
import type { Model } from "../../model/graph/graph.ts";
import { NO_DIFFERENCE } from "../../model/passes/difference.ts";
import type { Changed } from "./change.ts";
import type { PassChoice } from "./choice.ts";

import type { Change } from "./report.ts";

/** A model of another format in ONNX operators, after its passes. */
export interface Brought extends Changed {
  /** Where the result does not compute exactly what the original does: one sentence each. */
  readonly approximations: readonly string[];
}

/**
 * Brings a model of another format to ONNX operators, with the passes that its ways call for and those that were chosen.
 * @throws MODEL_*, RUN_*, ABORTED
 */
export async function bringToOnnx(
  model: Model,
  choice: PassChoice = {},
  signal?: AbortSignal,
): Promise<Brought> {
  const { model: lowered, approximations } = await lowerModel(model, signal);
  const lowering: Change = {
    pass: "to-onnx",
    promises: `the operators of ${model.format} are those of ONNX`,
    ...NO_DIFFERENCE,
    removed: nodesOf(model),
    added: nodesOf(lowered),
  };
  const [{ loweredPasses }, { changeModel }] = await Promise.all([
    import("./lowered.ts"),
    import("./change.ts"),
  ]);
  const stages = await loweredPasses(lowered, choice);
  const changed = await changeModel(lowered, stages, signal);
  return { ...changed, changes: [lowering, ...changed.changes], approximations };
}

function nodesOf(model: Model): number {
  return Object.values(countOperators(model)).reduce((sum, count) => sum + count, 0);
}
