import { z } from "zod";

export const Progress = z
  .object({ done: z.number(), total: z.number() })
  .meta({ id: "Progress", description: "Bytes fetched, and bytes in all" });

export const State = z.enum(["waiting", "fetching", "loading", "ready", "unavailable", "unloading"]);

export const TaskInfo = z
  .object({
    id: z.string(),
    title: z.string().meta({ description: "As a person says it" }),
    accepts: z.object({ kind: z.string(), mediaTypes: z.array(z.string()) }),
    answer: z.record(z.string(), z.unknown()).meta({ description: "JSON Schema of the answer" }),
  })
  .meta({ id: "TaskInfo" });

/** What a list shows of a ready model. */
export const ModelInfo = z
  .object({
    digest: z.string().meta({ description: "sha256 of the model file, hexadecimal" }),
    description: z.string(),
    license: z.string(),
    platform: z.string(),
    summary: z.string().meta({ description: "What goes in and what comes out, in a sentence" }),
    task: TaskInfo.nullable(),
    stateful: z.boolean(),
    maxBatch: z.int().meta({ description: "Most rows that are run together; 1: never merged" }),
    versions: z.array(z.string()),
  })
  .meta({ id: "ModelInfo" });

export const ModelEntry = z
  .object({
    name: z.string(),
    version: z.string(),
    state: State,
    reason: z.string().meta({ description: "Why it is unavailable, or how far it is" }),
    progress: Progress.optional(),
    loaded: z
      .boolean()
      .optional()
      .meta({ description: "Whether a ready model is in memory; the next request loads one that is not" }),
    card: ModelInfo.optional().meta({ description: "Once it is ready" }),
  })
  .meta({ id: "ModelEntry" });

export const ModelList = z.object({ models: z.array(ModelEntry) }).meta({ id: "ModelList" });

const Spec = z.object({
  name: z.string(),
  dtype: z.string(),
  shape: z.array(z.union([z.number(), z.string(), z.null()])).nullable(),
});

export const ModelDetail = ModelInfo.extend({
  name: z.string(),
  version: z.string(),
  signature: z.object({ inputs: z.array(Spec), outputs: z.array(Spec) }),
  device: z
    .object({
      name: z.string().meta({ description: "As in `--device`" }),
      reason: z.string().meta({ description: "Why it was chosen; empty where a person named it" }),
      placement: z
        .object({
          nodes: z.int(),
          computing: z.int(),
          shares: z.array(
            z.object({
              device: z.string(),
              nodes: z.int(),
              computing: z.int().meta({ description: "Nodes that do not only move or describe values" }),
              operators: z.record(z.string(), z.int()),
            }),
          ),
        })
        .nullable()
        .meta({
          description: "Which nodes run where; null of the processor alone, and where it is not known",
        }),
    })
    .nullable()
    .meta({ description: "Where the model runs; null of a pipeline" }),
  contract: z
    .record(z.string(), z.unknown())
    .meta({ description: "What the tensors mean, with the evidence for each statement" }),
  reasons: z
    .array(z.object({ text: z.string(), reason: z.string(), confidence: z.string(), source: z.string() }))
    .meta({ description: "Each statement of the contract as a person reads it" }),
  examples: z.object({
    curl: z.string().meta({ description: "A line for a shell that asks this model" }),
    typescript: z.string(),
  }),
}).meta({ id: "ModelDetail" });

export const TaskRequest = z
  .object({
    inputs: z
      .unknown()
      .meta({ description: "Text; a picture or a sound in base64; or tensors as lists by name" }),
    parameters: z.record(z.string(), z.unknown()).optional().meta({ description: "Options of the task" }),
  })
  .meta({ id: "TaskRequest" });

export const ErrorBody = z
  .object({
    error: z.string().meta({ description: "What happened" }),
    code: z.string().meta({ description: "A code of docs/errors.md" }),
    where: z.string().optional(),
    hint: z.string().optional().meta({ description: "What to do about it" }),
    state: State.optional().meta({ description: "Of a model that is not ready yet" }),
    progress: Progress.optional(),
  })
  .meta({ id: "Error" });
