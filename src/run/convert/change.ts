import type { Model } from "../../model/graph/graph.ts";
import { NO_DIFFERENCE, sumOf } from "../../model/passes/difference.ts";
import type { Evaluate, Pass } from "../../model/passes/pass.ts";
import type { QuantizeReport } from "../../model/passes/quantize/report.ts";
import { type PassesReport, runPasses } from "../../model/passes/run.ts";
import type { Evaluation } from "./evaluate.ts";
import type { PassStages } from "./passes.ts";
import type { Change } from "./report.ts";

/** A model after its passes, and what they did. */
export interface Changed {
  readonly model: Model;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  /** null where its precision stays. */
  readonly quantized: QuantizeReport | null;
}

/** Runs passes over a model, which is changed. @throws MODEL_*, RUN_*, ABORTED */
export async function changeModel(
  model: Model,
  { once, settle, precision }: PassStages,
  signal: AbortSignal | undefined,
): Promise<Changed> {
  await using evaluation = lazyEvaluation();
  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
  };
  const context = { evaluate: evaluation.evaluate, note, ...(signal ? { signal } : {}) };
  const changes: Change[] = [];
  const first = await runPasses(model, once, context, { maxRounds: 1 });
  addChanges(changes, once, first.report);
  const settled = await runPasses(first.model, settle, context);
  const steps: Change[] = [];
  addChanges(steps, settle, settled.report);
  for (const step of steps) changes.push({ ...step, isStep: true });
  if (!settled.report.settled) notes.push(`the passes were stopped after ${settled.report.rounds} rounds`);
  const before = precision?.before ?? [];
  const ready = await runPasses(settled.model, before, context, { maxRounds: 1 });
  addChanges(changes, before, ready.report);
  await precision?.decide(ready.model, { ...context, note: () => {} });
  const last = precision?.passes ?? [];
  const { model: changed, report } = await runPasses(ready.model, last, context, { maxRounds: 1 });
  addChanges(changes, last, report);
  return { model: changed, changes, notes, quantized: precision?.report() ?? null };
}

/** The runtime takes longer to load than most passes take, and few of them ask it anything. */
function lazyEvaluation(): AsyncDisposable & { readonly evaluate: Evaluate } {
  let opening: Promise<Evaluation> | null = null;
  return {
    async evaluate(...asked) {
      opening ??= import("./evaluate.ts").then(({ createEvaluate }) => createEvaluate());
      return (await opening).evaluate(...asked);
    },
    async [Symbol.asyncDispose]() {
      await (await opening)?.close();
    },
  };
}

/** What each pass did, those that stand in the list twice together. */
function addChanges(changes: Change[], passes: readonly Pass[], report: PassesReport): void {
  for (const [i, done] of report.passes.entries()) {
    const { pass } = done;
    if (done.applied === 0) continue;
    const at = changes.findIndex((change) => change.pass === pass);
    const difference = sumOf(at < 0 ? NO_DIFFERENCE : (changes[at] as Change), done);
    const change = { pass, promises: passes[i]?.promises ?? "", ...difference };
    if (at < 0) changes.push(change);
    else changes[at] = change;
  }
}
