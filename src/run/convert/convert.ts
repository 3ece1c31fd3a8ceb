import { dirname, join } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { openModelSink, openModelSource, type StagedModelSink } from "../../base/node/index.ts";
import type { ModelSink } from "../../base/sinks/index.ts";
import type { Contract } from "../../model/contract/contract.ts";
import { openModel, type WriteReport, writeModel } from "../../model/formats/index.ts";
import type { Model } from "../../model/graph/graph.ts";
import { type Pass, type PassesReport, runPasses } from "../../model/passes/index.ts";
import { createEvaluate } from "./evaluate.ts";
import { checkOutput } from "./output.ts";
import { type PassChoice, type PassStages, passesFor } from "./passes.ts";
import { type Change, type ConvertReport, measure } from "./report.ts";
import type { Tolerance } from "./verify/compare.ts";
import type { DrawOptions } from "./verify/draws.ts";
import { firstText } from "./verify/text.ts";
import { type VerifyReport, verifyModels } from "./verify/verify.ts";

/** A model on this machine, as opening it tells. */
export interface ConvertSource {
  /** As it was asked for, and where it lies. */
  readonly source: string;
  readonly path: string;
  /** The model file, then the files that hold weights beside it, by names relative to the model's folder. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly contract: Contract;
}

export interface ConvertOptions extends PassChoice {
  /**
   * Where weights go: "always" into one file beside the model, "never", "auto": only where it would otherwise be too large
   * for its format.
   * @default "auto"
   */
  readonly external?: "auto" | "always" | "never";
  /** Runs the original and the result on the same inputs and compares, before the result gets its name. */
  readonly verify?: boolean | VerifyChoice;
  readonly signal?: AbortSignal;
  /** What is being done, and for what is written: bytes so far, and of the original in all. */
  onProgress?(stage: ConvertStage, done: number, total: number): void;
}

export type ConvertStage = "read" | "change" | "write" | "verify";

export interface VerifyChoice extends Pick<DrawOptions, "draws" | "seed" | "feeds"> {
  readonly tolerance?: Tolerance;
}

/**
 * Reads a model, changes its graph as it is told to, and writes it. The file appears under its name when all of it is
 * written and, where that was asked for, verified; until then what was there stays, and a failure leaves nothing behind.
 * @throws CONVERT_*, MODEL_*, FILE_*, RUN_WORKER_DIED, ABORTED
 */
export async function convertModel(
  from: ConvertSource,
  out: string,
  options: ConvertOptions = {},
): Promise<ConvertReport> {
  const { signal, onProgress = () => {} } = options;
  const folder = dirname(from.path);
  const path = await checkOutput(out, [
    from.path,
    ...from.files.slice(1).map(({ name }) => join(folder, name)),
  ]);
  const bytes = from.files.reduce((sum, file) => sum + file.bytes, 0);
  onProgress("read", 0, bytes);
  const source = await openModelSource(from.path);
  try {
    const original = await openModel(source, signal);
    const before = measure(original, bytes);
    onProgress("change", 0, bytes);
    const changed = await change(await openModel(source, signal), passesFor(original, options), signal);
    const sink = await openModelSink(path);
    let verify: VerifyReport | null = null;
    const verified: ModelSink = {
      ...counted(sink, (done) => onProgress("write", done, bytes)),
      async commit() {
        if (options.verify) {
          onProgress("verify", 0, bytes);
          verify = await check({ path: from.path, model: original }, sink, from.contract, options);
        }
        await sink.commit();
      },
    };
    const { external = "auto" } = options;
    const written = await writeModel(changed.model, verified, { external, ...(signal ? { signal } : {}) });
    const size = written.files.reduce((sum, file) => sum + file.bytes, 0);
    return {
      source: from.source,
      from: from.path,
      path,
      format: written.format,
      files: written.files,
      external: written.external,
      before,
      after: measure(changed.model, size),
      changes: changed.changes,
      approximations: [],
      notes: [...new Set([...changed.notes, ...written.notes, ...left(from, path, written)])],
      verify,
    };
  } finally {
    await source.close();
  }
}

async function change(
  model: Model,
  { once, settle }: PassStages,
  signal: AbortSignal | undefined,
): Promise<{ model: Model; changes: Change[]; notes: string[] }> {
  await using evaluation = createEvaluate();
  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
  };
  const context = { evaluate: evaluation.evaluate, note, ...(signal ? { signal } : {}) };
  const changes: Change[] = [];
  const first = await runPasses(model, once, context, { maxRounds: 1 });
  addChanges(changes, once, first.report);
  const { model: changed, report } = await runPasses(first.model, settle, context);
  addChanges(changes, settle, report);
  if (!report.settled) notes.push(`the passes were stopped after ${report.rounds} rounds`);
  return { model: changed, changes, notes };
}

/** What each pass did, those that stand in the list twice together. */
function addChanges(changes: Change[], passes: readonly Pass[], report: PassesReport): void {
  for (const [i, { pass, applied, removed, added }] of report.passes.entries()) {
    if (applied === 0) continue;
    const at = changes.findIndex((change) => change.pass === pass);
    const before = at < 0 ? { removed: 0, added: 0 } : (changes[at] as Change);
    const change = {
      pass,
      promises: passes[i]?.promises ?? "",
      removed: before.removed + removed,
      added: before.added + added,
    };
    if (at < 0) changes.push(change);
    else changes[at] = change;
  }
}

/** @throws CONVERT_VERIFY_FAILED */
async function check(
  original: { path: string; model: Model },
  sink: StagedModelSink,
  contract: Contract,
  { verify, signal }: ConvertOptions,
): Promise<VerifyReport> {
  const choice = typeof verify === "object" ? verify : {};
  // What was written is read again, so that the file is verified and not what we believe to have written.
  const staged = await openModelSource(sink.staged);
  try {
    const result = { path: sink.staged, model: await openModel(staged, signal) };
    const report = await verifyModels(original, result, {
      contract,
      ...choice,
      ...(signal ? { signal } : {}),
    });
    const { failure } = report;
    if (failure) {
      const { problem } = failure;
      throw fail(
        "CONVERT_VERIFY_FAILED",
        { problem, first: firstText(failure) },
        failure.first ? { where: `node ${failure.first.node.name || failure.first.node.op}` } : {},
      );
    }
    return report;
  } finally {
    await staged.close();
  }
}

/** A sink that tells how many bytes were written. */
function counted(sink: ModelSink, tell: (done: number) => void): ModelSink {
  let done = 0;
  const watch = async (opening: ReturnType<ModelSink["main"]>) => {
    const inner = await opening;
    return {
      name: inner.name,
      get position() {
        return inner.position;
      },
      async write(bytes: Uint8Array) {
        await inner.write(bytes);
        done += bytes.byteLength;
        tell(done);
      },
    };
  };
  return { ...sink, main: () => watch(sink.main()), beside: (name) => watch(sink.beside(name)) };
}

/** What a conversion onto itself leaves over. */
function left(from: ConvertSource, path: string, written: WriteReport): string[] {
  if (from.path !== path) return [];
  const names = new Set(written.files.map(({ name }) => name));
  return from.files
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => `${name} is not needed any more`);
}
