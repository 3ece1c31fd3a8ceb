import { isModelyardError } from "../../base/errors/index.ts";
import type { Model } from "../../model/graph/graph.ts";
import { type Alignment, alignModels, contentsOf } from "../../model/graph/index.ts";

/** Aligns two models by their graphs, and by what is in their constants where the graphs leave it open. */
export async function align(a: Model, b: Model, signal?: AbortSignal): Promise<Alignment> {
  const contents = new Map([...(await contentsIn(a, signal)), ...(await contentsIn(b, signal))]);
  return alignModels(a, b, contents);
}

/** A model can be looked at without its weights: then nothing is known of them. */
async function contentsIn(model: Model, signal?: AbortSignal): ReturnType<typeof contentsOf> {
  try {
    return await contentsOf(model, signal);
  } catch (error) {
    if (isModelyardError(error) && error.code === "MODEL_EXTERNAL_MISSING") return new Map();
    throw error;
  }
}
