import { fail } from "../../base/errors/index.ts";
import { NO_STATS, type SessionStats, sumStats } from "../runtime/index.ts";
import { makeCard, makePipelineCard } from "./card.ts";
import type { Lease, ModelCard, ModelId } from "./catalogue.ts";
import { exampleOf, fileExample } from "./example.ts";
import type { Found } from "./folder.ts";
import type { LoadedPipeline } from "./graph/pipeline.ts";
import type { StepStats } from "./graph/step.ts";
import type { LoadedModel } from "./loaded.ts";

/** What stands behind an entry of the catalogue, a model or a pipeline: all that a lease gives, and how it is run. */
export interface Answering extends Pick<Lease, "infer" | "exchange" | "stream" | "predict" | "example"> {
  readonly card: ModelCard;
  stats(): SessionStats;
  steps(): readonly StepStats[];
  isLoaded(): boolean;
  close(): Promise<void>;
}

export function answeringModel(
  found: Found,
  id: ModelId,
  loaded: LoadedModel,
  versions: readonly string[],
  options: { cache?: string },
): Answering {
  return {
    card: makeCard(id, loaded, versions),
    infer: loaded.infer,
    exchange: loaded.exchange,
    stream: loaded.stream,
    predict: loaded.predict,
    example: () => exampleOf(found, loaded, options),
    stats: () => loaded.session.stats(),
    steps: () => [],
    isLoaded: loaded.isLoaded,
    close: loaded.close,
  };
}

/** By the Open Inference Protocol a pipeline takes and gives one text: its input (files in base64) and its answer as JSON. */
export function answeringPipeline(
  pipeline: LoadedPipeline,
  id: ModelId,
  versions: readonly string[],
  options: { cache?: string },
): Answering {
  const { name, found, models } = pipeline;
  const all = [...models.values()];
  return {
    card: makePipelineCard(id, pipeline, versions),
    async infer(feeds, runOptions) {
      const text = feeds.input?.data[0];
      if (typeof text !== "string") throw fail("RUN_INPUT_MISSING", { name: "input", expected: "a text" });
      const isPlain = pipeline.accepts.kind === "json";
      const value = isPlain
        ? { kind: "json" as const, value: parsed(text) }
        : { kind: "text" as const, text };
      for await (const event of pipeline.predict(value, runOptions?.signal)) {
        if (event.type !== "answer") continue;
        return { answer: { dtype: "string", shape: [1], data: [JSON.stringify(event.value)] } };
      }
      throw fail("INTERNAL", { problem: `the pipeline ${name} ended without an answer` });
    },
    exchange: null,
    stream: () => {
      throw fail("MODEL_STATELESS", { name });
    },
    predict: pipeline.predict,
    async example() {
      const { example } = found.pipeline;
      return example === undefined ? pipeline.example() : fileExample(example, found.folder, options);
    },
    // Down where one of its models is.
    stats: () => {
      const stats = [...new Set(all.map(({ base }) => base))].map((base) => base.stats());
      const sum = stats.reduce(sumStats, NO_STATS);
      const count = (key: "ready" | "instances") => stats.reduce((total, each) => total + each[key], 0);
      const isDown = stats.some(({ ready, instances }) => instances > 0 && ready === 0);
      return {
        ...sum,
        ready: isDown ? 0 : count("ready"),
        instances: count("instances"),
        device: stats[0]?.device ?? "",
      };
    },
    steps: pipeline.stats,
    isLoaded: () => all.every((model) => model.isLoaded()),
    close: pipeline.close,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const details = { name: "input", expected: "a text of JSON", given: JSON.stringify(text.slice(0, 40)) };
    throw fail("RUN_INPUT_DTYPE", details, { cause });
  }
}
