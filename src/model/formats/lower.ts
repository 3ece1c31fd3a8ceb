import { isModelyardError } from "../../base/errors/index.ts";
import type { Lowered, Model } from "../graph/graph.ts";

/**
 * A model in ONNX operators: itself where it speaks them already, else made anew.
 * @throws MODEL_OPERATORS_UNSUPPORTED with all that is missing, and what reading the model's small constants throws
 */
export async function lowerModel(model: Model, signal?: AbortSignal): Promise<Lowered> {
  return model.toOnnx ? model.toOnnx(signal) : { model, approximations: [] };
}

/** The same for looking at it: the model as it is where some of its operators have no equivalent. */
export async function lowerWherePossible(model: Model, signal?: AbortSignal): Promise<Model> {
  try {
    return (await lowerModel(model, signal)).model;
  } catch (error) {
    if (isModelyardError(error) && error.code === "MODEL_OPERATORS_UNSUPPORTED") return model;
    throw error;
  }
}
