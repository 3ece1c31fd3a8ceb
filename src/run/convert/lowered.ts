import type { Model } from "../../model/graph/graph.ts";
import { layout } from "../../model/passes/layout/index.ts";
import type { PassChoice, PassStages } from "./passes.ts";

/** What a model that was brought from another format goes through before anything else: its ways leave something to take out. */
const LOWERED = [layout];

/** The passes for it and for a choice; what only a choice asks for is loaded where there is one. @throws MODEL_OPSET_UNKNOWN */
export async function loweredPasses(model: Model, choice: PassChoice): Promise<PassStages> {
  const { opset, simplify = false, fixDims = {} } = choice;
  if (opset === undefined && !simplify && Object.keys(fixDims).length === 0)
    return { once: LOWERED, settle: [] };
  const { passesFor } = await import("./passes.ts");
  const { once, settle } = passesFor(model, choice);
  return { once: [...LOWERED, ...once], settle };
}
