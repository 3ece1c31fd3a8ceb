import { fail, isModelyardError } from "../../../base/errors/index.ts";
import type { StepTime } from "../../tasks/task.ts";
import { mapEach } from "./run.ts";
import { inStep } from "./step.ts";

export interface PipeContext {
  /** What the whole pipe was given. */
  readonly input: unknown;
  readonly signal?: AbortSignal;
}

/** What answers values: a model that was loaded, or another pipe. */
export interface Answers<I, O> {
  readonly name?: string;
  answer(value: I, options?: { signal?: AbortSignal }): Promise<O>;
}

/** A model, another pipe, or a function. */
export type PipeStep<I, O> = Answers<I, O> | ((value: I, context: PipeContext) => O | Promise<O>);

/** Steps behind each other. */
export interface Pipe<I, O> extends Answers<I, O> {
  /** The answer, and what each step took. @throws what steps throw, with the step in `where` */
  run(value: I, options?: { signal?: AbortSignal }): Promise<{ answer: O; steps: readonly StepTime[] }>;
}

/**
 * Lets steps answer one behind the other, each what the one before it gave. A step is called by its name, or by its place from 1.
 * Models stay their owner's to close.
 * @throws PIPE_STEP
 */
export function pipe<A, B>(a: PipeStep<A, B>): Pipe<A, B>;
export function pipe<A, B, C>(a: PipeStep<A, B>, b: PipeStep<B, C>): Pipe<A, C>;
export function pipe<A, B, C, D>(a: PipeStep<A, B>, b: PipeStep<B, C>, c: PipeStep<C, D>): Pipe<A, D>;
export function pipe<A, B, C, D, E>(
  a: PipeStep<A, B>,
  b: PipeStep<B, C>,
  c: PipeStep<C, D>,
  d: PipeStep<D, E>,
): Pipe<A, E>;
export function pipe<A, O>(...steps: PipeStep<never, unknown>[]): Pipe<A, O>;
export function pipe(...steps: PipeStep<never, unknown>[]): Pipe<unknown, unknown> {
  for (const [i, step] of steps.entries()) checkStep(step, `${i + 1} of pipe`);
  const names = steps.map((step, i) => step.name || String(i + 1));
  const run: Pipe<unknown, unknown>["run"] = async (input, { signal } = {}) => {
    const times: StepTime[] = [];
    const given = signal ? { signal } : {};
    let value: unknown = input;
    for (const [i, step] of steps.entries()) {
      const name = names[i] as string;
      const begin = performance.now();
      try {
        value = await ask(step as PipeStep<unknown, unknown>, value, { input, ...given });
      } catch (error) {
        throw inStep(name, error);
      }
      times.push({ step: name, ms: performance.now() - begin });
    }
    return { answer: value, steps: times };
  };
  return { run, answer: async (value, options) => (await run(value, options)).answer };
}

/** A step that answers each entry of a list by itself, in their order. @throws PIPE_STEP; when it is asked, PIPELINE_VALUE, PIPELINE_TOO_MANY */
export function each<I, O>(step: PipeStep<I, O>): (list: readonly I[], context: PipeContext) => Promise<O[]> {
  checkStep(step, "of each");
  const name = step.name || "each";
  const all = (list: readonly I[], context: PipeContext) =>
    mapEach(name, list, (entry) => ask(step, entry as I, context));
  return Object.defineProperty(all, "name", { value: name });
}

/** Who writes no TypeScript may have forgotten an `await`. @throws PIPE_STEP */
function checkStep(step: unknown, which: string): void {
  if (typeof step === "function" || typeof (step as { answer?: unknown } | null)?.answer === "function")
    return;
  const found = step instanceof Promise ? "a promise" : step === null ? "null" : typeof step;
  throw fail("PIPE_STEP", { which, found });
}

async function ask<I, O>(step: PipeStep<I, O>, value: I, context: PipeContext): Promise<O> {
  if (typeof step !== "function") return step.answer(value, context.signal ? { signal: context.signal } : {});
  try {
    return await step(value, context);
  } catch (error) {
    if (isModelyardError(error)) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    const call = step.name || "a function";
    throw fail("MODULE_FAILED", { call, file: "the pipe", problem }, { cause: error });
  }
}
