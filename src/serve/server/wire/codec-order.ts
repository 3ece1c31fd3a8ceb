import type { CodecOrder, SpokenModel } from "../../../run/pipeline/index.ts";
import type { PlanSource } from "./plan.ts";

/** Where a model's thread finds the protocol's codec, which nobody else loads. */
export const CODEC_MODULE = new URL(
  import.meta.url.endsWith(".ts") ? "./codec.ts" : "./codec.js",
  import.meta.url,
).href;

/** What the codec must know of a model, besides what the thread that has it knows. */
export type CodecOptions = Omit<PlanSource, "stateful" | "maxBatch">;

/** The Open Inference Protocol for one stateless model, and the route of its task where that is named tensors, to be spoken where the model runs. */
export function protocolCodec({ name, version, signature, contract, file }: SpokenModel): CodecOrder {
  const { states, constants } = contract;
  const serving = file.serving === undefined ? {} : { serving: file.serving };
  const options: CodecOptions = {
    id: { name, version },
    signature,
    contract: { states, constants },
    file: serving,
  };
  return { module: CODEC_MODULE, options };
}
