import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { readPixels } from "../../tasks/index.ts";
import type { LoadedModel } from "../loaded.ts";
import type { CodeFiles } from "./code-files.ts";
import type { StepFile } from "./file.ts";
import { isPixels, misfitOf, objectOf, type Schema } from "./schema.ts";
import type { Runner } from "./step.ts";
import { inputOf } from "./value.ts";

const TAKEN: Readonly<Record<string, Schema>> = {
  image: { type: "image" },
  audio: { type: "audio" },
  text: { type: "string" },
};

/** A model as a step: its task's answer, its options those of the step and of the request. */
export function modelRunner(
  { task, predict, close }: Pick<LoadedModel, "task" | "predict" | "close">,
  digest: string,
  fixed: StepFile["options"] = {},
): Runner {
  return {
    takes: TAKEN[task.accepts.kind] ?? {},
    gives: task.answer,
    digest,
    async run(value, { signal, parameters }) {
      for await (const event of predict(inputOf(value), signal, { ...fixed, ...parameters })) {
        if (event.type === "answer") return { value: event.value, warnings: event.warnings };
      }
      throw fail("INTERNAL", { problem: `the task ${task.id} ended without an answer` });
    },
    close,
  };
}

/**
 * A function of a file as a step. What is said to be a picture reaches it as pixels.
 * @throws MODULE_*; of `run`: MODULE_SHAPE where it gives anything but `gives`
 */
export async function codeRunner(
  path: string,
  step: string,
  file: StepFile,
  files: CodeFiles,
): Promise<Runner> {
  const { call = "run", takes, gives = {}, deadline_ms: deadlineMs } = file;
  const code = await files.open(path, deadlineMs);
  code.demand(call);
  const wanted = schemaOf(takes);
  return {
    takes: wanted,
    gives,
    digest: createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
    async run(value, { signal, parameters }) {
      const given = await withPixels(value, wanted);
      const answer = await code.call(
        call,
        given,
        { step, options: { ...file.options, ...parameters } },
        signal,
      );
      const misfit = misfitOf(answer, gives);
      if (misfit) throw fail("MODULE_SHAPE", { call, file: basename(path), ...misfit });
      return { value: answer, warnings: [] };
    },
    // Other steps may be made of the same file: it is closed with the pipeline.
    async close() {},
  };
}

function schemaOf(takes: StepFile["takes"]): Schema {
  if (takes === undefined) return {};
  const isOne = typeof takes.type === "string" || Array.isArray(takes.anyOf) || Array.isArray(takes.enum);
  return isOne ? takes : objectOf(new Map(Object.entries(takes as Record<string, Schema>)));
}

/** A picture's file becomes pixels, where it stands by itself or under a name. */
async function withPixels(value: unknown, { type, properties }: Schema): Promise<unknown> {
  if (type === "image") return isFile(value) ? readPixels(value) : value;
  if (type !== "object" || typeof properties !== "object" || properties === null) return value;
  const parts = { ...(value as Record<string, unknown>) };
  for (const [name, schema] of Object.entries(properties as Record<string, Schema>)) {
    const part = parts[name];
    if (schema.type === "image" && isFile(part)) parts[name] = await readPixels(part);
  }
  return parts;
}

function isFile(value: unknown): value is Uint8Array | string {
  return (value instanceof Uint8Array || typeof value === "string") && !isPixels(value);
}
