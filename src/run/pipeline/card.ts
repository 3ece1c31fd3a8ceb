import { explain } from "../../model/contract/explain.ts";
import type { ModelCard, ModelId } from "./catalogue.ts";
import type { LoadedPipeline } from "./graph/pipeline.ts";
import type { LoadedModel } from "./loaded.ts";

/** `platform` of the Open Inference Protocol by our format's id. */
const PLATFORMS: Readonly<Record<string, string>> = { onnx: "onnxruntime_onnx" };

/** What a page or a program is told of a ready model. */
export function makeCard(id: ModelId, loaded: LoadedModel, versions: readonly string[]): ModelCard {
  const { opened, session, task } = loaded;
  const stats = session.stats();
  return {
    id,
    description: opened.contract.description ?? "",
    license: opened.contract.license ?? "",
    platform: PLATFORMS[opened.format] ?? opened.format,
    signature: loaded.signature,
    contract: opened.contract,
    reasons: explain(opened.contract),
    summary: opened.summary,
    task: { id: task.id, title: task.title, accepts: task.accepts, answer: task.answer },
    plain: opened.found.module === undefined,
    stateful: loaded.stateful,
    maxBatch: session.maxBatch,
    device: { name: stats.device, reason: loaded.choice.reason, placement: stats.placement },
    versions,
    file: opened.file,
  };
}

/** The same of a pipeline: by the Open Inference Protocol it takes and gives one text. */
export function makePipelineCard(
  id: ModelId,
  { found, accepts, answer, summary }: LoadedPipeline,
  versions: readonly string[],
): ModelCard {
  const { description = "", license = "", name } = found.pipeline;
  const text = (tensor: string) => ({ name: tensor, dtype: "string" as const, shape: [1] });
  const contract = { task: "pipeline", inputs: {}, outputs: {}, states: {}, constants: {}, evidence: [] };
  return {
    id,
    description,
    license,
    platform: "modelyard_pipeline",
    signature: { inputs: [text("input")], outputs: [text("answer")] },
    contract,
    reasons: [],
    summary,
    task: { id: "pipeline", title: `answers in ${summary}`, accepts, answer },
    plain: false,
    stateful: false,
    maxBatch: 1,
    device: null,
    versions,
    file: { ...(name === undefined ? {} : { name }), ...(description ? { description } : {}) },
  };
}
