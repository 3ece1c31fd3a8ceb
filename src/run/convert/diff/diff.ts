import { basename, dirname } from "node:path";
import { isModelyardError } from "../../../base/errors/index.ts";
import type { Model } from "../../../model/graph/graph.ts";
import { align } from "../align.ts";
import { type ContractSource, contractOf } from "../contract.ts";
import type { DrawOptions } from "../verify/draws.ts";
import { headerChanges, signatureChanges } from "./header.ts";
import type { AnswersDiff, DiffReport } from "./report.ts";
import { structureDiff } from "./structure.ts";
import { weightsDiff } from "./weights.ts";

/** A model on this machine, as opening it tells. */
export interface DiffSource {
  readonly source: string;
  readonly path: string;
  /** The file that the runtime is given, where that is another one. @throws MODEL_OPERATORS_UNSUPPORTED */
  runnable?(signal?: AbortSignal): Promise<{ readonly path: string }>;
  readonly bytes: number;
  /** The graph as it was read from there. */
  readonly model: Model;
  /** For inputs that are made up. */
  readonly contract: ContractSource;
}

export interface DiffOptions extends Pick<DrawOptions, "draws" | "seed" | "feeds" | "signal"> {
  /** Whether both are run on the same inputs. @default true */
  readonly answers?: boolean;
  /** What is being done; for weights, bytes of the first model so far and in all. */
  onProgress?(stage: "graph" | "weights" | "answers", done: number, total: number): void;
}

/**
 * What changed from one model to another: what goes in and out, the graph, the weights, and the answers to the same inputs.
 * @throws MODEL_*, FILE_*, RUN_WORKER_DIED, CONVERT_INPUTS_REFUSED, ABORTED
 */
export async function diffModels(
  a: DiffSource,
  b: DiffSource,
  options: DiffOptions = {},
): Promise<DiffReport> {
  const { signal, onProgress = () => {}, answers = true } = options;
  const { model: modelA } = a;
  const { model: modelB } = b;
  onProgress("graph", 0, a.bytes);
  const alignment = await align(modelA, modelB, signal);
  const signature = signatureChanges(modelA, modelB);
  const header = headerChanges(modelA, modelB);
  const structure = structureDiff(modelA, modelB, alignment);
  onProgress("weights", 0, a.bytes);
  const weights = await weightsDiff(modelA, modelB, alignment, signal, (done) =>
    onProgress("weights", done, a.bytes),
  );
  const { added, removed, changed } = structure;
  const graphs = added.count + removed.count + changed.count;
  const tensors = weights.added.count + weights.removed.count + weights.changed.count;
  let answered: AnswersDiff = {
    reason: "they were left out",
    draws: 0,
    given: false,
    outputs: [],
    notes: [],
  };
  if (answers) {
    onProgress("answers", 0, a.bytes);
    const paths = await runnablePaths([a, b], signal);
    if ("reason" in paths) answered = { ...answered, reason: paths.reason };
    else {
      const [left, right] = [paths[0] ?? a.path, paths[1] ?? b.path];
      // The runtime and what asks it are loaded where somebody wants answers.
      const { answersDiff } = await import("./answers.ts");
      answered = await answersDiff(
        { path: left, model: modelA },
        { path: right, model: modelB },
        alignment,
        namesOf(a.path, b.path),
        { ...options, contract: await contractOf(a.contract) },
      );
    }
  }
  return {
    a: side(a),
    b: side(b),
    same: signature.length + header.length + graphs + tensors === 0,
    signature,
    header,
    structure,
    weights,
    answers: answered,
  };
}

/** The files that the runtime is given, or why one of them cannot be made. */
async function runnablePaths(
  models: readonly DiffSource[],
  signal: AbortSignal | undefined,
): Promise<readonly string[] | { readonly reason: string }> {
  const paths: string[] = [];
  for (const each of models) {
    try {
      paths.push((await each.runnable?.(signal))?.path ?? each.path);
    } catch (error) {
      if (!isModelyardError(error) || error.code !== "MODEL_OPERATORS_UNSUPPORTED") throw error;
      return { reason: `${basename(each.path)} cannot be run: ${error.message}` };
    }
  }
  return paths;
}

function side({ source, path, bytes }: DiffSource): DiffReport["a"] {
  return { source, path, bytes };
}

/** Names of files that tell the two apart. */
export function namesOf(a: string, b: string): { original: string; result: string } {
  let [original, result] = [basename(a), basename(b)];
  if (original === result) {
    [original, result] = [`${basename(dirname(a))}/${original}`, `${basename(dirname(b))}/${result}`];
  }
  return original === result ? { original: a, result: b } : { original, result };
}
