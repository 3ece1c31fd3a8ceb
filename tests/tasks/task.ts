// Tasks on real models, and on sessions that answer what a test says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Contract } from "../../src/model/contract/contract.ts";
import type { Signature, Tensors } from "../../src/model/tensor/tensor.ts";
import { type LoadedModel, loadOpened, openSource } from "../../src/run/pipeline/index.ts";
import type { Task, TaskContext, TaskEvent, TaskInput, TaskSession } from "../../src/run/tasks/index.ts";

export const ROOT = join(import.meta.dirname, "../..");
export const MNIST = join(ROOT, "examples/models/mnist");

export const taskFile = (name: string): Buffer => readFileSync(join(ROOT, "tests/fixtures/tasks", name));

export async function loadModel(source: string): Promise<LoadedModel> {
  return loadOpened(await openSource(source));
}

export interface Answered<T> {
  value: T;
  warnings: readonly string[];
  partials: unknown[];
}

/** All that a task said; fails where anything follows the answer. */
export async function answerOf<T>(events: AsyncGenerator<TaskEvent, void, void>): Promise<Answered<T>> {
  const partials: unknown[] = [];
  let answer: Answered<T> | null = null;
  for await (const event of events) {
    if (answer) throw new Error(`${event.type} comes after the answer`);
    if (event.type === "partial") partials.push(event.value);
    else answer = { value: event.value as T, warnings: event.warnings, partials };
  }
  if (!answer) throw new Error("no answer came");
  return answer;
}

export const bytes = (data: Uint8Array): TaskInput => ({ kind: "bytes", bytes: data });
export const json = (value: unknown): TaskInput => ({ kind: "json", value });

export const EMPTY: Contract = {
  task: null,
  inputs: {},
  outputs: {},
  states: {},
  constants: {},
  evidence: [],
};

/** A session that answers every feed with what the test computes from it, and keeps what it was fed. */
export function sessionOf(
  signature: Signature,
  answer: (feeds: Tensors) => Tensors,
): TaskSession & { fed: Tensors[] } {
  const fed: Tensors[] = [];
  const run = async (feeds: Tensors) => {
    fed.push(feeds);
    return answer(feeds);
  };
  return { signature, fed, run, stream: () => ({ run }) };
}

export function ask<T>(
  task: Task,
  session: TaskSession,
  contract: Partial<Contract>,
  input: TaskInput,
  more: Partial<TaskContext> = {},
): Promise<Answered<T>> {
  const context = {
    contract: { ...EMPTY, ...contract },
    sessions: { main: session },
    labels: {},
    lists: {},
    options: {},
    ...more,
  };
  return answerOf<T>(task.run(context, input));
}
