import type { Model } from "../../model/graph/graph.ts";
import { layout } from "../../model/passes/layout/index.ts";
import { movedBytes } from "../../model/passes/moved-bytes.ts";
import { changesGraph, type PassChoice } from "./choice.ts";
import type { PassStages } from "./passes.ts";

/** What a model that was brought from another format goes through before anything else: its ways leave something to take out. */
const LOWERED = [layout, movedBytes];

/** The passes for it and for a choice; what only a choice asks for is loaded where there is one. @throws MODEL_OPSET_UNKNOWN */
export async function loweredPasses(model: Model, choice: PassChoice): Promise<PassStages> {
  if (!changesGraph(choice)) return { once: LOWERED, settle: [], precision: null };
  const { passesFor } = await import("./passes.ts");
  const stages = passesFor(model, choice);
  return { ...stages, once: [...LOWERED, ...stages.once] };
}
