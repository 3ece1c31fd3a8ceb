import { isModelyardError } from "../../../base/errors/index.ts";
import { type MoreOutput, moreOutputs } from "../../../model/formats/index.ts";
import { expandedSize } from "../../../model/graph/count.ts";
import type { Model, Value } from "../../../model/graph/graph.ts";
import { readableIr } from "../../../model/passes/index.ts";
import type { DType } from "../../../model/tensor/dtype.ts";
import type { Tensor, Tensors } from "../../../model/tensor/tensor.ts";
import { openSession } from "../../runtime/index.ts";
import type { Session } from "../../runtime/session.ts";
import { isOptimized } from "../../runtime/size.ts";

/** A model file that is run, and its graph as it was read from that file. */
export interface VerifiedModel {
  readonly path: string;
  readonly model: Model;
}

/** How a model is run to be compared. */
export interface Manner {
  /** Whether the runtime may rearrange the graph, as it does for whoever uses the model. */
  readonly optimize: boolean;
  readonly signal?: AbortSignal;
}

/** Opens a model to be compared with another: every run by itself, and as an IR version that the runtime reads. */
export function openCompared(
  { path, model }: VerifiedModel,
  outputs: readonly MoreOutput[],
  { optimize, signal }: Manner,
): Promise<Session> {
  const irVersion = readableIr(model);
  return openSession({
    path,
    batch: 0,
    size: expandedSize(model),
    optimize,
    ...(outputs.length > 0 || irVersion !== null ? { tail: moreOutputs(outputs, irVersion) } : {}),
    ...(signal ? { signal } : {}),
  });
}

/** One clause on each model that is not run as the IR version that it says. */
export function loweredNotes(models: readonly (readonly [name: string, model: Model])[]): string[] {
  return models.flatMap(([name, model]) => {
    const lowered = readableIr(model);
    if (lowered === null) return [];
    return `${name} was run as IR version ${lowered}: the runtime does not read its ${model.irVersion}, which nothing in it needs`;
  });
}

/** Element types that the runtime's binding does not carry and that fit into float32 without loss. */
const INTO_FLOAT: ReadonlySet<DType> = new Set<DType>([
  "bfloat16",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "float4e2m1",
  "int4",
  "uint4",
  "int2",
  "uint2",
]);

/**
 * How a value is looked at: as an output, or cast where its type cannot be carried; null where it cannot be looked at at
 * all, since it is a sequence, a map or of a type that nobody can carry.
 */
export function lookAt(
  value: Value,
  type: Value["type"],
  taken: ReadonlyMap<string, unknown>,
): MoreOutput | null {
  if (type !== null && type.kind !== "tensor") return null;
  if (type === null || !INTO_FLOAT.has(type.dtype)) {
    return type?.dtype.startsWith("complex") ? null : { name: value.name };
  }
  let name = `${value.name} as float32`;
  while (taken.has(name)) name += "_";
  return { name: value.name, cast: { as: "float32", name } };
}

/** Runs a model; null where the runtime refuses these inputs or this file. Anything else is thrown. */
export async function runOrRefuse(
  session: Pick<Session, "run">,
  feeds: Tensors,
  outputs: readonly string[],
  signal?: AbortSignal,
): Promise<{ outputs: ReadonlyMap<string, Tensor> } | { refusal: string }> {
  if (outputs.length === 0) return { outputs: new Map() };
  try {
    const answer = await session.run(feeds, { outputs, ...(signal ? { signal } : {}) });
    return { outputs: new Map(Object.entries(answer)) };
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}

/** Why a graph is too large for the runtime; null where it is not. Asked before much is worked out in vain. */
export function tooLarge({ model }: VerifiedModel): string | null {
  try {
    isOptimized(expandedSize(model));
    return null;
  } catch (error) {
    return refusalOf(error);
  }
}

const REFUSALS = /^RUN_(LOAD_FAILED|GRAPH_TOO_LARGE|TYPE_UNSUPPORTED|INPUT_|FAILED|MEMORY|OUTPUT_UNKNOWN)/;

/** What the runtime said against a model or an input. @throws every error that is of another kind */
export function refusalOf(error: unknown): string {
  if (!isModelyardError(error) || !REFUSALS.test(error.code)) throw error;
  const { problem } = error.details;
  // Where the file lies says nothing: it is one of two that the caller names, or one that is gone soon.
  if (error.code !== "RUN_LOAD_FAILED" || typeof problem !== "string") return error.message;
  return problem.replace(/^Load model from .*? failed: */, "");
}
