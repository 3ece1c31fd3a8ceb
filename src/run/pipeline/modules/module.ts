import { basename } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import type { Contract } from "../../../model/contract/contract.ts";
import type { Task, TaskContext, TaskEvent, TaskInput } from "../../tasks/index.ts";
import { type Misfit, misfitOf, type Schema, unwritableOf } from "../graph/schema.ts";
import { givenValue, inputOf } from "../graph/value.ts";
import type { KnownModel } from "../open.ts";

/** A task whose inputs and answers go through the functions of the module beside the model. */
export interface Module {
  readonly task: Task;
  close(): Promise<void>;
}

/**
 * The module beside a model: `before(input, context)` makes what was given into what the task takes, `after(output, context)` its
 * answer into what is to be answered. null where there is none. What both give is held to the contract.
 * @throws MODULE_LOAD, MODULE_EXPORT, MODULE_HANGS, MODULE_MEMORY
 */
export async function openModule(
  opened: Pick<KnownModel, "name" | "found" | "contract" | "file">,
  task: Task,
  labels: TaskContext["labels"],
  onNote?: (note: string) => void,
): Promise<Module | null> {
  const { module: path } = opened.found;
  if (path === undefined) return null;
  const { openCode } = await import("./code.ts");
  const { contract, file, name } = opened;
  const deadlineMs = file.serving?.deadline_ms;
  const code = await openCode(path, {
    fixed: { model: name, contract, labels },
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(onNote === undefined ? {} : { onNote }),
  });
  const [before, after] = [code.functions.includes("before"), code.functions.includes("after")];
  const module = basename(path);
  if (!before && !after) {
    await code.close();
    const found = code.functions.join(", ") || "no function";
    throw fail("MODULE_EXPORT", { file: module, found, wanted: "before, after or both" });
  }
  const wanted = takenBy(task, contract);
  const answer = (after ? file.answer : undefined) ?? task.answer;
  const refuse = (call: string, misfit: Misfit | null) => {
    if (misfit) throw fail("MODULE_SHAPE", { call, file: module, ...misfit });
  };
  const check = (call: string, value: unknown, schema: Schema) => refuse(call, misfitOf(value, schema));

  async function* run(
    context: TaskContext,
    given: TaskInput,
    signal?: AbortSignal,
  ): AsyncGenerator<TaskEvent> {
    const own = { options: context.options };
    let input = given;
    if (before) {
      const value = await code.call("before", wrapped(givenValue(given), wanted.name), own, signal);
      check("before", value, wanted.schema);
      input = inputOf(unwrapped(value, wanted.name));
    }
    for await (const event of task.run(context, input, signal)) {
      if (!after) yield event;
      // What comes bit by bit is the task's own; only the whole answer is the module's.
      if (!after || event.type !== "answer") continue;
      const value = await code.call("after", event.value, own, signal);
      check("after", value, answer);
      // What was not described of it is answered too.
      refuse("after", unwritableOf(value));
      yield { ...event, value };
    }
  }

  // A module sees each input by itself, so that there is nothing to follow.
  const { draw, follow: _, ...rest } = task;
  const keeps = answer === task.answer;
  return {
    task: {
      ...rest,
      answer,
      run,
      print: keeps ? task.print : (value) => JSON.stringify(value, null, 2),
      ...(keeps && draw ? { draw } : {}),
    },
    close: code.close,
  };
}

const SINGLE: Readonly<Record<string, string>> = { image: "image", audio: "audio", text: "string" };

/** What a task takes, under the contract's own name for it where it is one thing. */
function takenBy(task: Task, { inputs }: Contract): { name: string | null; schema: Schema } {
  const { kind } = task.accepts;
  const type = SINGLE[kind];
  const name = Object.entries(inputs).find(([, input]) => input.kind === kind)?.[0];
  if (type === undefined || name === undefined) return { name: null, schema: { type: "object" } };
  return { name, schema: { type: "object", required: [name], properties: { [name]: { type } } } };
}

function wrapped(value: unknown, name: string | null): unknown {
  const isNamed = typeof value === "object" && value !== null && name !== null && Object.hasOwn(value, name);
  return name === null || isNamed ? value : { [name]: value };
}

function unwrapped(value: unknown, name: string | null): unknown {
  return name === null ? value : (value as Record<string, unknown>)[name];
}
