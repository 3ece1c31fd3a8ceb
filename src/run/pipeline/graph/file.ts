import {
  type Check,
  either,
  fields,
  matching,
  numberBetween,
  oneOf,
  recordOf,
  text,
  wrong,
} from "../../../model/contract/file/checks.ts";
import { parseYaml } from "../../../model/contract/file/parse.ts";
import { anyValue, isMapping } from "../../../model/contract/file/scalars.ts";
import { valueSchema } from "../../../model/contract/file/value-schema.ts";
import type { Schema } from "./schema.ts";

/** Steps of a pipeline: more than anybody draws. */
const MAX_STEPS = 256;

/** Where a value comes from: "input", the name of a step, or a part of what it gives ("step.name"). */
export type Reference = string;

/** One step as pipeline.yaml has it: a model or a function, and what it takes. */
export interface StepFile {
  /** A folder or a file, from this folder on, or any source of hub/. */
  readonly model?: string;
  /** A .ts or .js file, from this folder on. */
  readonly code?: string;
  /** The function of the file. @default "run" */
  readonly call?: string;
  /** One value, or several by name. @default "input" */
  readonly input?: Reference | Readonly<Record<string, Reference>>;
  /** A list, of which each entry is answered by itself. */
  readonly each?: Reference;
  /** Options of the model's task. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Of a function: what it takes, by name where `input` is so. */
  readonly takes?: Schema | Readonly<Record<string, Schema>>;
  /** Of a function: what it gives. */
  readonly gives?: Schema;
  /** Milliseconds that the function may take. */
  readonly deadline_ms?: number;
  /** Where it stands, for messages: "pipeline.yaml:7". */
  readonly where: string;
}

/** pipeline.yaml as a whole. */
export interface PipelineFile {
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
  /** A source of an example input for the page, or a file beside this one. */
  readonly example?: string;
  /** What a request brings. */
  readonly input: "image" | "audio" | "text" | "json";
  readonly steps: Readonly<Record<string, StepFile>>;
  /** What is answered, one value or several by name. @default the last step */
  readonly output?: Reference | Readonly<Record<string, Reference>>;
}

const reference = matching(
  /^[A-Za-z_][\w-]{0,63}(?:\.[\w-]{1,64}){0,16}$/,
  "a step or a part of what it gives, such as detect or detect.boxes",
);
const references = either<Reference, Record<string, Reference>>(
  (node) => !isMapping(node),
  reference,
  recordOf(reference),
);

/** A schema says its `type`; anything else is schemas by name. */
const takes: Check<Schema | Record<string, Schema>> = either<Schema, Record<string, Schema>>(
  (node) => SCHEMA_KEYS.some((key) => (node as { has?(key: string): boolean } | null)?.has?.(key)),
  valueSchema,
  recordOf(valueSchema),
);
const SCHEMA_KEYS = ["type", "anyOf", "enum"];

type Written = Required<Omit<StepFile, "where">>;

const step: Check<StepFile> = (node, place) => {
  const read = fields<Written>({
    model: text,
    code: text,
    call: matching(/^[A-Za-z_$][\w$]{0,63}$/, "the name of a function"),
    input: references,
    each: reference,
    options: recordOf((each, at) => anyValue(each, at)),
    takes,
    gives: valueSchema,
    deadline_ms: numberBetween(1, 86_400_000, true),
  })(node, place);
  if ((read.model === undefined) === (read.code === undefined)) {
    throw wrong(node, place, "a step is either a model or code");
  }
  if (read.input !== undefined && read.each !== undefined) {
    throw wrong(node, place, "a step takes either input or each");
  }
  for (const key of ["call", "takes", "gives", "deadline_ms"] as const) {
    if (read.code === undefined && read[key] !== undefined) {
      throw wrong(
        node,
        place,
        `${key} belongs to a step of code: what a model takes and gives, its contract says`,
      );
    }
  }
  const { line } = place.lines.linePos(node?.range?.[0] ?? 0);
  return { ...read, where: `${place.file}:${line}` };
};

const steps: Check<Record<string, StepFile>> = (node, place) => {
  const read = recordOf(step)(node, place);
  const names = Object.keys(read);
  if (names.length === 0 || names.length > MAX_STEPS) {
    throw wrong(node, place, `there are ${names.length} steps, where 1 to ${MAX_STEPS} belong`);
  }
  const bad = names.find((name) => name === "input" || !/^[A-Za-z_][\w-]{0,63}$/.test(name));
  if (bad === undefined) return read;
  throw wrong(
    node,
    { ...place, key: `${place.key}.${bad}` },
    "a step has a name of letters, digits, - and _, and is not called input",
  );
};

const PIPELINE_FILE = fields<Required<PipelineFile>>({
  name: matching(/^[^\0/\\][^\0\\]{0,255}$/, "a name"),
  description: text,
  license: text,
  example: text,
  input: oneOf("image", "audio", "text", "json"),
  steps,
  output: references,
});

/**
 * Reads pipeline.yaml.
 * @param where the file's name, for messages
 * @throws CONTRACT_TOO_LARGE, CONTRACT_YAML, CONTRACT_YAML_KEY, naming line and key
 */
export function parsePipelineYaml(source: string, where: string): PipelineFile {
  const file = parseYaml(source, where, (node, place) => {
    const read = PIPELINE_FILE(node, place);
    if (read.input === undefined) throw wrong(node, place, "input is missing: image, audio, text or json");
    if (read.steps === undefined) throw wrong(node, place, "steps is missing");
    return read as PipelineFile;
  });
  return file ?? parsePipelineYaml("{}", where);
}
