import { createHash } from "node:crypto";
import { basename } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { checkOptions, type TaskEvent, type TaskExample, type TaskInput } from "../../tasks/index.ts";
import type { FoundPipeline } from "../folder.ts";
import type { LoadedModel } from "../loaded.ts";
import { checkTypes, GIVEN } from "./check.ts";
import { type CodeFiles, openCodeFiles } from "./code-files.ts";
import type { PipelineFile } from "./file.ts";
import { placeOfStep } from "./place.ts";
import { type Plan, type PlannedStep, planOf, type Wire } from "./plan.ts";
import { type OptionsByStep, openGraph } from "./run.ts";
import { codeRunner, modelRunner } from "./runners.ts";
import { misfitOf, type Schema, unwritableOf } from "./schema.ts";
import { inStep, type Runner, type StepStats } from "./step.ts";
import { givenValue } from "./value.ts";

/** Loads the model of a step. @param source a path or any source of hub/ */
export type LoadStep = (
  source: string,
  step: string,
  signal?: AbortSignal,
) => Promise<{ readonly loaded: LoadedModel; readonly digest: string }>;

/** A pipeline that answers as a model does. */
export interface LoadedPipeline {
  readonly name: string;
  readonly found: FoundPipeline;
  /** sha256 over pipeline.yaml, its files of code and its models. */
  readonly digest: string;
  /** As of a task: what goes in, and JSON Schema of the answer. */
  readonly accepts: {
    readonly kind: "image" | "audio" | "text" | "json";
    readonly mediaTypes: readonly string[];
  };
  readonly answer: Schema;
  /** One sentence. */
  readonly summary: string;
  /** Its models, in the order of the steps. */
  readonly models: ReadonlyMap<string, LoadedModel>;
  predict(
    input: TaskInput,
    signal?: AbortSignal,
    parameters?: Readonly<Record<string, unknown>>,
  ): AsyncGenerator<TaskEvent, void, void>;
  /** What the first model that takes the pipeline's own input could take; null where there is none. */
  example(): Promise<TaskExample | null>;
  stats(): readonly StepStats[];
  close(): Promise<void>;
}

export interface PipelineOptions {
  readonly load: LoadStep;
  readonly signal?: AbortSignal;
  onNote?(note: string): void;
}

/**
 * Loads the steps of a pipeline, one after the other, and holds them to each other.
 * @throws PIPELINE_*, MODULE_*, and what loading a model throws, all naming the step in `where`
 */
export async function openPipeline(found: FoundPipeline, options: PipelineOptions): Promise<LoadedPipeline> {
  const { pipeline: file, name, folder } = found;
  const plan = planOf(file);
  const runners = new Map<string, Runner>();
  const models = new Map<string, LoadedModel>();
  const files = openCodeFiles(options.onNote);
  const close = async () => {
    await Promise.all([files, ...runners.values()].map((each) => each.close()));
  };
  try {
    for (const step of plan.steps) {
      runners.set(
        step.name,
        await openStep(step, folder, options, models, files).catch((error: unknown) => {
          throw inStep(step.name, error);
        }),
      );
    }
    const answer = checkTypes(plan, file.input, runners);
    const graph = openGraph(plan, runners);
    const digest = createHash("sha256").update(found.text);
    for (const [step, runner] of runners) digest.update(`${step}\0${runner.digest}\0`);
    const first = plan.steps.find(
      ({ takes }) => !(takes instanceof Map) && "from" in takes && takes.from === "input",
    );
    const firstModel = models.get(first?.name ?? "") ?? [...models.values()][0];
    return {
      name,
      found,
      digest: digest.digest("hex"),
      accepts: { kind: file.input, mediaTypes: firstModel?.task.accepts.mediaTypes ?? ["application/json"] },
      answer,
      summary: `${plan.steps.length} steps: ${plan.steps.map((step) => step.name).join(", ")}`,
      models,
      async *predict(input, signal, parameters) {
        const { value, warnings, steps } = await graph.run(requestValue(input, file.input), {
          ...(signal ? { signal } : {}),
          parameters: optionsByStep(parameters ?? {}, plan),
        });
        checkWritable(value, plan);
        yield { type: "answer", value, warnings, steps };
      },
      async example() {
        if (!firstModel || file.input === "json") return null;
        return firstModel.task.example(firstModel.opened.contract, firstModel.signature);
      },
      stats: graph.stats,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openStep(
  { name, file }: PlannedStep,
  folder: string,
  { load, signal }: PipelineOptions,
  models: Map<string, LoadedModel>,
  files: CodeFiles,
): Promise<Runner> {
  const source = await placeOfStep(name, file, folder);
  if (file.code !== undefined) return codeRunner(source, name, file, files);
  const { loaded, digest } = await load(source, name, signal);
  models.set(name, loaded);
  try {
    // A module may have options of its own.
    if (!loaded.opened.found.module) checkOptions(loaded.task, file.options ?? {});
  } catch (error) {
    await loaded.close();
    throw error;
  }
  return modelRunner(loaded, digest, file.options);
}

/** What no step takes would be ignored, and the answer be another than was asked for. @throws PIPELINE_OPTIONS */
function optionsByStep(parameters: Readonly<Record<string, unknown>>, { steps }: Plan): OptionsByStep {
  const byStep = new Map<string, Readonly<Record<string, unknown>>>();
  for (const [step, options] of Object.entries(parameters)) {
    const isThere = steps.some(({ name }) => name === step);
    if (isThere && typeof options === "object" && options !== null && !Array.isArray(options)) {
      byStep.set(step, { ...options });
      continue;
    }
    const problem = isThere ? "is given no options by name" : "is none of its steps";
    const names = steps.map(({ name }) => name);
    const example = JSON.stringify({ [names[0] ?? ""]: { top: 3 } });
    throw fail("PIPELINE_OPTIONS", { step: JSON.stringify(step), problem, example, known: names.join(", ") });
  }
  return byStep;
}

/** Functions may hand each other anything; what is answered is JSON. @throws MODULE_SHAPE with the step that gave it */
function checkWritable(value: unknown, { steps, output }: Plan): void {
  for (const [name, { from }] of output instanceof Map ? output : [[null, output as Wire] as const]) {
    const misfit = unwritableOf(name === null ? value : (value as Record<string, unknown>)[name]);
    if (!misfit) continue;
    const { call = "run", code = from } = steps.find((step) => step.name === from)?.file ?? {};
    throw inStep(from, fail("MODULE_SHAPE", { call, file: basename(code), ...misfit }));
  }
}

/** What a request brings, held to what the pipeline takes. @throws TASK_INPUT_KIND */
function requestValue(input: TaskInput, kind: PipelineFile["input"]): unknown {
  // A file of text, as `run` and a body without a type bring it.
  const isText = kind === "text" && input.kind === "bytes";
  const value = isText ? new TextDecoder().decode(input.bytes) : givenValue(input);
  const misfit = misfitOf(value, GIVEN[kind]);
  if (misfit)
    throw fail("TASK_INPUT_KIND", { task: "The pipeline", wanted: misfit.wanted, given: misfit.found });
  return value;
}
